/** Prints the memory that a ref costs whose value is not there yet: `pending_refs.ts COUNT`. */
import { parseArgs } from "node:util";
import { get, init, remote, shutdown } from "mobula";
import { settledMiB } from "./resources.ts";

class Gate {
  readonly #opened = Promise.withResolvers<number>();

  pass(): Promise<number> {
    return this.#opened.promise;
  }

  open(): void {
    this.#opened.resolve(1);
  }
}

const GateActor = remote(Gate, { maxConcurrency: 2, numCpus: 0 });
const plus = remote((a: number, b: number) => a + b);

const [argument = "200000"] = parseArgs({ allowPositionals: true }).positionals;
const count = Number(argument);
await init();
await get(Array.from({ length: 1000 }, (_, i) => plus.remote(i, 1)));
const gate = GateActor.remote();
const first = gate.pass.remote();
const before = await settledMiB();
const refs = Array.from({ length: count }, (_, i) => plus.remote(i, first));
const after = await settledMiB();
gate.open.remote();
let completed = 0;
for (const [i, value] of (await get(refs)).entries()) if (value === i + 1) completed++;
await shutdown();
console.log(JSON.stringify({ bytes: ((after - before) * 2 ** 20) / count, completed }));
