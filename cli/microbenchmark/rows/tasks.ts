/** Ray's rows about tasks. */
import { get, type ObjectRef, wait } from "../../../mod.ts";
import type { Loop } from "../measure.ts";
import { type Family, rateRow } from "../row.ts";
import { Client, countOk, endAll, smallValue, started } from "./programs.ts";

const BATCH = 1000;
const submit = (count: number): ObjectRef<string>[] => Array.from({ length: count }, () => smallValue.remote());

const batches: Loop = {
  async run(times) {
    let completed = 0;
    for (let i = 0; i < times; i++) completed += countOk(await get(submit(BATCH)));
    return completed;
  },
};

/** Tasks one by one: each is awaited before the next is submitted. */
export const tasksSync: Loop = {
  async run(times) {
    let completed = 0;
    for (let i = 0; i < times; i++) if ((await get(smallValue.remote())) === "ok") completed++;
    return completed;
  },
};

export const tasks: Family = {
  name: "tasks",
  node: {},
  rows: [
    rateRow("single client tasks sync", { calls: 1 }, () => tasksSync),
    rateRow(
      "single client tasks async",
      {
        calls: BATCH,
        targets: [
          { atLeast: 10, of: "piscina bulk" },
          { atLeast: 20, of: "Ray: single client tasks async" },
        ],
      },
      () => batches,
    ),
    rateRow("single client tasks and get batch", { calls: BATCH, worth: 1 }, () => batches),
    rateRow("single client wait 1k refs", { calls: BATCH, worth: 1, targets: [{ atLeast: 100, deno: 67 }] }, () => ({
      async run(times) {
        let completed = 0;
        for (let i = 0; i < times; i++) {
          let notReady = submit(BATCH);
          for (let k = 0; k < BATCH; k++) {
            const [ready, rest] = await wait(notReady, { fetchLocal: k === 0 });
            completed += ready.length;
            notReady = rest;
          }
        }
        return completed;
      },
    })),
    rateRow("multi client tasks async", { calls: 40_000 }, async () => {
      const clients = await started(Array.from({ length: 4 }, () => Client.remote([])));
      return {
        async run(times) {
          let completed = 0;
          for (let i = 0; i < times; i++) {
            const counts = await get(clients.map((client) => client.runTasks.remote(10_000)));
            for (const count of counts) completed += count;
          }
          return completed;
        },
        close: () => endAll(clients),
      };
    }),
  ],
};
