import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Frame, FrameAssembler, FrameFault, piecesOf } from "../../net/mod.ts";

const GIB = 1024 ** 3;
const limits = { frameBytes: GIB, attachmentBytes: 64 * GIB, attachments: 100_000 };
const rss = (): number => process.memoryUsage().rss;

/** Takes it: frames, none yet, or a refusal. */
function take(assembler: FrameAssembler, message: Uint8Array): Frame[] | "refused" {
  try {
    return assembler.take(message.slice().buffer);
  } catch (error) {
    if (error instanceof FrameFault) return "refused";
    throw error;
  }
}

describe("a peer that claims much and sends little", () => {
  test("gets no memory for its claims", () => {
    const before = rss();
    const kept: FrameAssembler[] = [];
    for (const head of [
      [1, 2, GIB, 0, 0],
      [1, 2, 0, 0, 1, GIB],
      [1, 2, 0, 0, 1, 64 * GIB],
      [1, 2, 0, 0, 1, 10 * GIB],
    ]) {
      const assembler = new FrameAssembler(limits);
      const frames = take(assembler, new Uint8Array(new Float64Array(head).buffer));
      expect(frames === "refused" || frames.length === 0).toBe(true);
      kept.push(assembler);
    }
    expect(rss() - before).toBeLessThan(64 * 1024 * 1024);
    expect(kept.length).toBe(4);
  });

  test("gives frames of no more bytes than it has sent, however its frames were changed, cut or spliced", () => {
    const frame = fc
      .record({ bytes: fc.uint8Array({ maxLength: 200 }), beside: fc.array(fc.nat(200), { maxLength: 3 }) })
      .map(({ bytes, beside }): Uint8Array => {
        const made: Frame = { to: 1, from: 2, bytes: new Uint8Array(bytes), attachments: beside.map((length) => new SharedArrayBuffer(length)) };
        return [...piecesOf(made)][0]!.slice();
      });
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(fc.array(fc.tuple(frame, fc.array(change, { maxLength: 4 }), fc.nat()), { minLength: 1, maxLength: 6 }), (messages) => {
        const assembler = new FrameAssembler({ frameBytes: 10_000, attachmentBytes: 10_000, attachments: 100 });
        let sent = 0;
        let given = 0;
        for (const [whole, changes, cut] of messages) {
          for (const [at, value] of changes) whole[at % whole.length] = value;
          const message = whole.subarray(0, cut % 3 === 0 ? cut % whole.length : whole.length);
          sent += message.length;
          const frames = take(assembler, message);
          if (frames === "refused") return;
          for (const { bytes, attachments } of frames) {
            given += bytes.byteLength + attachments.reduce((sum: number, each) => sum + (each as SharedArrayBuffer).byteLength, 0);
          }
        }
        expect(given).toBeLessThanOrEqual(sent);
      }),
      { numRuns: 1_000 },
    );
  });
});
