import { describe, expect, test } from "bun:test";
import { decodeBatch, encodeBatch } from "../../../net/mod.ts";
import { bytesPayload, type PayloadWire, payloadFromWire, payloadToWire } from "../../../runtime/values/mod.ts";

/** Values as they come: many in one frame. */
function arrived(sizes: readonly number[]): PayloadWire[] {
  return decodeBatch(encodeBatch(sizes.map((size, index) => payloadToWire(bytesPayload(new Uint8Array(size).fill(index)))))) as PayloadWire[];
}

const memoryOf = (data: unknown): number => (data as Uint8Array).buffer.byteLength;

describe("a payload that has come", () => {
  test("keeps no more memory than twice its own, however large the frame that it came in", () => {
    for (const [index, wire] of arrived(Array.from({ length: 100 }, () => 20_000)).entries()) {
      const { data, size } = payloadFromWire(wire);
      expect(data).toEqual(new Uint8Array(20_000).fill(index));
      expect(memoryOf(data)).toBeLessThanOrEqual(2 * size);
    }
  });

  test("is not copied when the frame is little more than it", () => {
    const [wire] = arrived([50_000, 100]) as [PayloadWire, PayloadWire];
    expect(payloadFromWire(wire).data).toBe(wire[1]);
  });
});
