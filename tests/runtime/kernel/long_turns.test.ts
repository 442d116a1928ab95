import { describe, expect, test } from "bun:test";
import { decodeBatch, type Frame } from "../../../net/mod.ts";
import { type Envelope, Kernel } from "../../../runtime/kernel/mod.ts";
import { faultWire } from "../../../runtime/values/mod.ts";

const [SYSTEM, HERE, OTHER] = [2 ** 20, 2 ** 20 + 1, 2 ** 20 + 2] as const;

/** A kernel with a gateway and one more link, and what leaves by them: the destination and the first field of each envelope. */
function kernelWithLinks(): { kernel: Kernel; frames: { to: number; fields: unknown[] }[]; heard: number[] } {
  const frames: { to: number; fields: unknown[] }[] = [];
  const heard: number[] = [];
  const link = {
    send: ({ to, bytes }: Frame) => void frames.push({ to, fields: decodeBatch(bytes).map((envelope) => (envelope as Envelope)[2]) }),
    close: () => {},
    keepAlive: () => {},
  };
  const kernel = new Kernel({ place: HERE, faults: faultWire });
  kernel.connectGateway(SYSTEM, link);
  kernel.connect(OTHER, link);
  kernel.register(9, { receive: (envelope) => void heard.push(envelope[2] as number) });
  return { kernel, frames, heard };
}

describe("a turn that says very much", () => {
  test("sends it in parts where calls end, in order, the gateway's first", async () => {
    const { kernel, frames } = kernelWithLinks();
    for (let i = 0; i < 5_000; i++) {
      kernel.send(i % 2 === 0 ? OTHER : SYSTEM, [9, 0, i]);
      kernel.flushIfMuch();
    }
    expect(frames.map(({ to }) => to)).toEqual([SYSTEM, OTHER, SYSTEM, OTHER]);
    expect(Math.max(...frames.map(({ fields }) => fields.length))).toBeLessThan(1_500);
    await Promise.resolve();
    expect(frames.length).toBe(6);
    for (const place of [SYSTEM, OTHER]) {
      const all = frames.filter(({ to }) => to === place).flatMap(({ fields }) => fields);
      expect(all).toEqual(Array.from({ length: 2_500 }, (_, i) => 2 * i + (place === OTHER ? 0 : 1)));
    }
  });

  test("is heard by this place itself at its end alone", async () => {
    const { kernel, frames, heard } = kernelWithLinks();
    for (let i = 0; i < 3_000; i++) {
      kernel.send(HERE, [9, 0, i]);
      kernel.send(OTHER, [9, 0, i]);
      kernel.flushIfMuch();
    }
    expect(frames.length).toBe(2);
    expect(heard).toEqual([]);
    await Promise.resolve();
    expect(heard).toEqual(Array.from({ length: 3_000 }, (_, i) => i));
  });

  test("that says little sends nothing before its end", async () => {
    const { kernel, frames } = kernelWithLinks();
    for (let i = 0; i < 1_000; i++) {
      kernel.send(OTHER, [9, 0, i]);
      kernel.flushIfMuch();
    }
    expect(frames.length).toBe(0);
    await Promise.resolve();
    expect(frames.length).toBe(1);
  });
});
