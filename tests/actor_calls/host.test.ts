import { expect, test } from "bun:test";
import { ActorHost } from "../../runtime/worker/actor_host.ts";

/** A host of actors whose class comes when the test says so, and what it tells of them. */
function lab(): { host: ActorHost; load(): Promise<void>; made: number[]; told: unknown[][] } {
  const made: number[] = [];
  const told: unknown[][] = [];
  const loading: ((loaded: unknown) => void)[] = [];
  const kernel = {
    send: (_to: number, [, op, , ...args]: unknown[]) => void told.push([op, ...args]),
    ask: async (_to: number, _actor: number, op: string, ...args: unknown[]) => void told.push([op, ...args]),
  };
  class Made {
    constructor(n: number) {
      made.push(n);
    }
  }
  const template = { name: "Made", owner: 1, namespace: "", jobId: "j", options: {} };
  const host = new ActorHost({
    caller: { kernel, clock: { now: () => 0, soon: () => {}, after: () => () => {} } },
    templates: { actor: () => new Promise((resolve) => loading.push(resolve)) },
    replies: {},
    identity: {},
    nextRun: () => 1,
  } as never);
  const load = async (): Promise<void> => {
    for (const resolve of loading.splice(0)) resolve({ template, run: Made, resources: {}, runtimeEnv: {} });
    await Promise.resolve();
  };
  return { host, load, made, told };
}

const order = (incarnation: number): never => ({ id: "a1-1", incarnation, owner: 1, template: 1, form: 0, data: [incarnation] }) as never;

test("an actor that is stopped before it lives does not come to life, and the next incarnation does", async () => {
  const { host, load, made, told } = lab();
  host.create(order(0));
  host.stop("a1-1", 0, new Error("it is not wanted any more"));
  host.create(order(1));
  expect(host.list()).toEqual({ living: [], coming: [["a1-1", 1]] });
  await load();
  expect([made, told]).toEqual([[1], [["started", "a1-1", 1]]]);
  expect(host.list()).toEqual({ living: [["a1-1", 1]], coming: [] });
});

test("word that an earlier incarnation is to end does not end the one that lives", async () => {
  const { host, load } = lab();
  host.create(order(1));
  await load();
  host.stop("a1-1", 0, new Error("late"));
  expect(host.list().living).toEqual([["a1-1", 1]]);
  host.stop("a1-1", 1, new Error("meant"));
  expect(host.size).toBe(0);
});
