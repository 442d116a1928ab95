import { describe, expect, test } from "bun:test";
import { Mapping, rewrap } from "../../../runtime/memory/mod.ts";
import { collectGarbage } from "./collect.ts";

const MIB = 1024 * 1024;

function mapping(options: { collectEveryBytes?: number } = {}) {
  const reported: string[] = [];
  let collections = 0;
  const made = new Mapping({
    report: (ids) => reported.push(...ids),
    collectGarbage() {
      collections++;
      collectGarbage();
    },
    ...options,
  });
  return { mapping: made, reported, collections: () => collections };
}

/** In a function of its own, so that no variable keeps the buffers. */
function mapSome(into: Mapping, count: number): void {
  for (let i = 0; i < count; i++) into.mapped(`o${i}`, new SharedArrayBuffer(MIB));
}

function keepView(into: Mapping): Float64Array {
  const buffer = new SharedArrayBuffer(MIB);
  into.mapped("kept", buffer);
  return new Float64Array(buffer, 64, 10);
}

async function turnsUntil(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition() && turn < 200; turn++) {
    collectGarbage();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

describe("mapping", () => {
  test("reports each buffer once when its last view has gone, and none before", async () => {
    const { mapping: mapped, reported } = mapping();
    const view = keepView(mapped);
    mapSome(mapped, 20);
    mapSome(mapped, 20);
    await turnsUntil(() => reported.length >= 40);
    expect(reported.sort()).toEqual([...Array(20).keys()].flatMap((i) => [`o${i}`, `o${i}`]).sort());
    expect(mapped.bytes).toBe(MIB);
    expect(view.length).toBe(10);
  });

  test("finds what has gone without giving up the turn", async () => {
    const { mapping: mapped, reported } = mapping();
    mapSome(mapped, 20);
    // What was made in this turn is kept until its end.
    await new Promise<void>((resolve) => setImmediate(resolve));
    mapped.collect();
    // Engines may find some pointer on the stack; nearly all is enough to go on.
    expect(reported.length).toBeGreaterThan(10);
    const before = [...reported];
    await turnsUntil(() => reported.length >= 20);
    expect(reported.length).toBe(20);
    expect(before.length).toBeLessThanOrEqual(20);
  });

  test("has garbage collected after so much new shared memory", async () => {
    const { mapping: mapped, collections } = mapping({ collectEveryBytes: 10 * MIB });
    mapSome(mapped, 25);
    await Promise.resolve();
    expect(collections()).toBe(1);
  });

  test("is not kept from it by a wrapper of the same memory", async () => {
    const { mapping: mapped, reported } = mapping();
    const kept = new SharedArrayBuffer(MIB);
    (() => {
      const given = rewrap(kept);
      new Uint8Array(given)[3] = 7;
      mapped.mapped("a", given);
    })();
    expect(new Uint8Array(kept)[3]).toBe(7);
    await turnsUntil(() => reported.length > 0);
    expect(reported).toEqual(["a"]);
  });
});
