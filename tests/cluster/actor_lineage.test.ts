import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  type ActorHandle,
  get,
  getRuntimeContext,
  init,
  isInitialized,
  type ObjectReconstructionFailedError,
  type ObjectRef,
  remote,
  shutdown,
  wait,
} from "../../mod.ts";
import { Cluster, type ClusterNode } from "../../testing/mod.ts";
import { SignalActor } from "../../util/mod.ts";
import { rejection } from "../rejection.ts";

const LENGTH = 100_000;

let cluster: Cluster;
let doomed: ClusterNode;

beforeEach(async () => {
  cluster = await Cluster.start({ head: { numCpus: 0 } });
  doomed = await cluster.addNode({ numCpus: 1, labels: { zone: "doomed" } });
  await cluster.addNode({ numCpus: 1, labels: { zone: "stable" } });
  await cluster.waitForNodes();
  await init({ address: cluster.address, token: cluster.token });
});

afterEach(async () => {
  if (isInitialized()) await shutdown();
  await cluster.shutdown();
});

class Painter {
  readonly #attempts: number[] = [];

  paint(value: number): Float64Array {
    this.#attempts.push(getRuntimeContext().attempt);
    return new Float64Array(100_000).fill(value);
  }

  async paintOver(below: Float64Array, gate: unknown): Promise<Float64Array> {
    return below.map((value) => value + 1 + Number(gate));
  }

  pair(): Float64Array[] {
    return [1, 2].map((value) => new Float64Array(100_000).fill(value));
  }

  *gallery(count: number): Generator<Float64Array> {
    for (let i = 0; i < count; i++) yield new Float64Array(100_000).fill(i);
  }

  /** The attempts of the pictures that this incarnation has painted. */
  attempts(): readonly number[] {
    return this.#attempts;
  }

  where(): string {
    return getRuntimeContext().nodeId;
  }
}

/** On the doomed node while there is one. */
const there = { numCpus: 0, labelSelector: { zone: "doomed" }, fallbackStrategy: [{ labelSelector: { zone: "stable" } }] };
const PainterActor = remote(Painter, { ...there, maxRestarts: 1, maxTaskRetries: 1 });

const kill = (): Promise<void> => cluster.removeNode(doomed, { allowGraceful: false });
const made = (refs: readonly ObjectRef[]): Promise<unknown> => wait(refs, { numReturns: refs.length, fetchLocal: false });

/** A painter that lives on the doomed node. */
async function painterThere(): Promise<ActorHandle<Painter>> {
  const painter = PainterActor.remote();
  expect(await get(painter.where.remote())).toBe(doomed.id);
  return painter;
}

describe("a large result of an actor's method that dies with its node", () => {
  test("is made again by the actor where it lives now, which costs one of maxTaskRetries", async () => {
    const painter = await painterThere();
    const picture = painter.paint.remote(1);
    const [first, second] = painter.pair.options({ numReturns: 2 }).remote() as unknown as [ObjectRef<Float64Array>, ObjectRef<Float64Array>];
    await made([picture, first, second]);
    const copy = await get(first);
    await kill();
    expect((await get(picture))[LENGTH - 1]).toBe(1);
    expect((await get(second))[0]).toBe(2);
    expect((await get(first))[0]).toBe(1);
    expect(copy[0]).toBe(1);
    expect(await get(painter.attempts.remote())).toEqual([1]);
    expect(await get(painter.where.remote())).not.toBe(doomed.id);
  }, 30_000);

  test("is made again before a later call of the same caller that waits for it", async () => {
    const painter = await painterThere();
    const gate = SignalActor.options({ labelSelector: { zone: "stable" } }).remote();
    let picture: ObjectRef<Float64Array> = painter.paint.remote(0);
    for (let i = 0; i < 3; i++) {
      using below = picture;
      picture = painter.paintOver.remote(below, 0);
    }
    await made([picture]);
    // It is behind nothing but its arguments: one of them is lost before the other is there.
    const open = remote(
      async (signal: typeof gate) => {
        await get(signal.wait.remote());
        return 10;
      },
      { labelSelector: { zone: "stable" } },
    );
    const last = painter.paintOver.remote(picture, open.remote(gate));
    await kill();
    gate.send.remote();
    expect((await get(last, { timeoutMs: 20_000 }))[0]).toBe(14);
  }, 30_000);

  test("is made again as an item of a generator", async () => {
    const painter = await painterThere();
    const pictures: ObjectRef<Float64Array>[] = [];
    const gallery = painter.gallery.options({ numReturns: "streaming", generatorBackpressure: 2 }).remote(4);
    for await (const ref of gallery) pictures.push(ref);
    await made(pictures);
    const copy = (await get(pictures[1]!))[0];
    await kill();
    expect((await get(pictures)).map((picture) => picture[0])).toEqual([0, 1, 2, 3]);
    expect(copy).toBe(1);
  }, 30_000);

  test("is lost where maxTaskRetries is 0, and where its actor lives no more", async () => {
    const painter = await painterThere();
    const once = painter.paint.options({ maxTaskRetries: 0 }).remote(1);
    const mortal = PainterActor.options({ maxRestarts: 0 }).remote();
    const orphan = mortal.paint.remote(1);
    await made([once, orphan]);
    await kill();
    const error = (await rejection(get(once))) as ObjectReconstructionFailedError;
    expect(error).toMatchObject({ code: "OBJECT_RECONSTRUCTION_FAILED", functionName: "Painter.paint" });
    expect(error.message).toContain("maxTaskRetries: 0");
    expect(await rejection(get(orphan))).toMatchObject({ code: "ACTOR_DIED", death: { cause: "node-died" } });
  }, 30_000);

  test("is made again by an actor whose handles are with others alone", async () => {
    const painter = PainterActor.options({ name: "painter", lifetime: "detached", namespace: "studio" }).remote();
    const picture = painter.paint.remote(5);
    await made([picture]);
    (painter as unknown as Disposable)[Symbol.dispose]();
    await kill();
    expect((await get(picture))[0]).toBe(5);
  }, 30_000);
});
