/** How long it takes until a worker or an actor is there. */
import { type ActorOptions, get, remote } from "../../../mod.ts";
import type { Loop } from "../measure.ts";
import { type Family, rateRow, sampleRow } from "../row.ts";
import { endAll, Server, type ServerHandle, started } from "./programs.ts";

class CellClass {
  #value = 0;

  increment(): number {
    return ++this.#value;
  }
}

const Cell = remote(CellClass, { numCpus: 0 });

/** Creates `count` actors, calls each once, and ends them. */
function creation(count: number, options: ActorOptions): Loop {
  const SomeCell = Cell.options(options);
  return {
    async run(times) {
      let completed = 0;
      for (let i = 0; i < times; i++) {
        const cells = Array.from({ length: count }, () => SomeCell.remote());
        for (const value of await get(cells.map((cell) => cell.increment.remote()))) completed += value;
        await endAll(cells);
      }
      return completed;
    },
  };
}

export const workerCreation: Family = {
  name: "creation",
  node: {},
  brief: true,
  rows: [
    sampleRow("worker start", { unit: "ms", samples: ({ quick }) => (quick ? 3 : 10) }, async () => {
      const start = performance.now();
      const servers: ServerHandle[] = await started([Server.remote()]);
      const value = performance.now() - start;
      await endAll(servers);
      return { value };
    }),
    rateRow("actors created, a thread each", { calls: 4 }, () => creation(4, { isolation: "thread" })),
    rateRow("actors created, in a shared thread", { calls: 100 }, () => creation(100, { isolation: "shared" })),
  ],
};
