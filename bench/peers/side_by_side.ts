/** Calls one by one beside a worker pool's, in turns and in one process. */
import { actorCallsSync, type Family, type Loop, type Pair, ratioRow, type Skipped, tasksSync } from "../../cli/microbenchmark/mod.ts";
import { openPool } from "./pool.ts";

/** Two threads, as many as the node has of workers on a machine of two cores. */
const THREADS = 2;

async function piscina(): Promise<Loop> {
  const pool = await openPool.piscina(THREADS);
  return {
    async run(times) {
      let completed = 0;
      for (let i = 0; i < times; i++) if ((await pool.call()) === "ok") completed++;
      return completed;
    },
    close: () => pool.close() as Promise<void>,
  };
}

async function against(loop: Loop): Promise<Pair | Skipped> {
  try {
    return { loop, control: await piscina() };
  } catch (error) {
    await loop.close?.();
    return { skipped: `piscina does not run in this runtime: ${error instanceof Error ? error.message : error}` };
  }
}

const targets = [{ atLeast: 1, deno: 0.67 }];

export const besidePools: Family = {
  name: "side by side with a worker pool",
  node: { numCpus: THREADS },
  brief: true,
  rows: [
    ratioRow("tasks sync : piscina sync", targets, () => against(tasksSync)),
    ratioRow("actor calls sync : piscina sync", targets, async () => against(await actorCallsSync())),
  ],
};
