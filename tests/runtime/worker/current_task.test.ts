import { describe, expect, test } from "bun:test";
import { Worker } from "node:worker_threads";
import { CurrentTask } from "../../../runtime/worker/mod.ts";

const task = (sequence: number) => ({ owner: 7, sequence });

function pair(): { worker: CurrentTask; node: CurrentTask } {
  const worker = new CurrentTask();
  return { worker, node: new CurrentTask(worker.buffer) };
}

describe("a worker is condemned", () => {
  test("for the task that it runs, and begins no other", () => {
    const { worker, node } = pair();
    expect(worker.begins(task(2 ** 40))).toBe(true);
    expect(node.condemn(7, 2 ** 40)).toBe(true);
    expect(node.condemn(7, 2 ** 40)).toBe(true);
    worker.ended();
    expect(worker.begins(task(2))).toBe(false);
  });

  test("not for one that has ended or that it has not begun, and goes on", () => {
    const { worker, node } = pair();
    expect(node.condemn(7, 1)).toBe(false);
    worker.begins(task(1));
    worker.ended();
    expect(node.condemn(7, 1)).toBe(false);
    worker.begins(task(2));
    expect(node.condemn(7, 1)).toBe(false);
    expect(node.condemn(8, 2)).toBe(false);
    worker.ended();
    expect(worker.begins(task(3))).toBe(true);
  });

  test("for any of several that it has begun, as it is not said which of them waits", () => {
    const { worker, node } = pair();
    worker.begins(task(1));
    worker.begins(task(2));
    worker.ended();
    expect(node.condemn(7, 1)).toBe(true);
    expect(worker.begins(task(3))).toBe(false);
  });

  test("for the one that it runs at that very moment, though it begins and ends most in less than a microsecond", async () => {
    for (let round = 0; round < 8; round++) {
      const { worker, node } = pair();
      const thread = new Worker(new URL("./current_task_worker.ts", import.meta.url), { workerData: worker.buffer });
      const last = new Promise((resolve, reject) => thread.on("message", resolve).on("error", reject));
      const running = new Float64Array(worker.buffer, 16, 1);
      let condemned = 0;
      while (condemned === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        for (let tries = 0; tries < 1_000 && condemned === 0; tries++) {
          const seen = running[0] as number;
          if (seen > 0 && node.condemn(7, seen)) condemned = seen;
        }
      }
      expect(await last).toBe(condemned);
      await thread.terminate();
    }
  });
});
