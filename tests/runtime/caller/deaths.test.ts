import { describe, expect, test } from "bun:test";
import { Caller, type Entry, fetchOutcome } from "../../../runtime/caller/mod.ts";
import { CallerOp } from "../../../runtime/contracts/mod.ts";
import type { Death } from "../../../runtime/errors/mod.ts";
import { ActorNumber, type Delivery, type Envelope, Kernel, placeId, SYSTEM_SLOT } from "../../../runtime/kernel/mod.ts";
import { resolveTaskOptions } from "../../../runtime/options/mod.ts";
import { contextOf, encodeValue, faultWire } from "../../../runtime/values/mod.ts";

const HERE = placeId(2, 1);
const SYSTEM = placeId(2, SYSTEM_SLOT);
const ELSEWHERE = 3;
const WORKER = placeId(ELSEWHERE, 7);

/** A driver with one task that has gone to another node, and no time that passes by itself. */
async function driver({ maxRetries }: { maxRetries: number }) {
  const timers: (() => void)[] = [];
  let frames = 0;
  const kernel = new Kernel({ place: HERE, faults: faultWire, onFault() {} });
  kernel.connectGateway(SYSTEM, { send: () => void frames++, close() {}, keepAlive() {} });
  const unused = (): never => {
    throw new Error("nothing is stored or run here");
  };
  const caller = new Caller({
    kernel,
    clock: {
      now: () => 0,
      after: (_delayMs, action) => {
        timers.push(action);
        return () => {};
      },
      soon: queueMicrotask,
    },
    buffers: { allocate: unused, slotOf: unused, collect() {}, sweep() {}, released() {}, mapped() {} },
    runInline: unused,
    batches: () => false,
    print() {},
  });
  const { entries } = caller.submitTask(
    {
      owner: HERE,
      number: 1,
      kind: "task",
      jobId: "j",
      namespace: "n",
      functionId: "f",
      name: "travelling",
      options: resolveTaskOptions({ maxRetries }, { name: "travelling", generator: false } as never),
      schedulingClass: "c",
    },
    [],
  );
  const [entry] = entries as [Entry];
  const outcome = fetchOutcome(entry, caller.objects).catch((error) => error);
  const told = (...envelope: unknown[]): void =>
    caller.receive([ActorNumber.caller, ...envelope] as unknown as Envelope, { from: SYSTEM, attachments: [] } as unknown as Delivery);
  const attempts = [[entry.sequence, 0]];
  // It is handed over at the end of this turn.
  await new Promise((resolve) => setTimeout(resolve));
  told(CallerOp.moved, ELSEWHERE, attempts);
  const death = (fields: Death): Uint8Array => encodeValue(fields, contextOf()).bytes;
  return {
    outcome,
    workerLost: () => told(CallerOp.workerLost, WORKER, death({ cause: "killed", detail: "its placement group was removed" }), attempts),
    nodeLost: () => told(CallerOp.nodeLost, ELSEWHERE, death({ cause: "terminated", detail: "it was drained" })),
    pass: () => {
      for (const action of timers.splice(0)) action();
    },
    pending: () => caller.pendingCount,
    /** How often something went to the scheduler. */
    frames: async () => {
      await new Promise((resolve) => setTimeout(resolve));
      return frames;
    },
  };
}

describe("a worker that is gone, and its node right after it", () => {
  test("what the worker died of is said of its task, and not what the node did", async () => {
    const { outcome, workerLost, nodeLost } = await driver({ maxRetries: 0 });
    workerLost();
    nodeLost();
    expect(String(await outcome)).toContain("its placement group was removed");
  });

  test("the task is tried again once", async () => {
    const { workerLost, nodeLost, pass, pending, frames } = await driver({ maxRetries: 1 });
    expect(await frames()).toBe(1);
    workerLost();
    nodeLost();
    expect(await frames()).toBe(2);
    pass();
    expect(await frames()).toBe(2);
    expect(pending()).toBe(1);
  });
});
