import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Frame, FrameAssembler, FrameFault, PIECE_BYTES, piecesOf, Slice } from "../../net/mod.ts";

const limits = { frameBytes: 10_000, attachmentBytes: 10_000, attachments: 10 };

function plain({ to, from, bytes, attachments }: Frame): unknown {
  return {
    to,
    from,
    bytes: [...bytes],
    attachments: attachments.map((a) => [...new Uint8Array(a as SharedArrayBuffer)]),
  };
}

function sharedOf(bytes: Uint8Array): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(bytes.byteLength);
  new Uint8Array(shared).set(bytes);
  return shared;
}

const frame: fc.Arbitrary<Frame> = fc
  .record({
    to: fc.nat(),
    from: fc.nat(),
    bytes: fc.uint8Array({ maxLength: 300 }),
    beside: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }),
  })
  .map(({ beside, ...rest }) => ({ ...rest, attachments: beside.map(sharedOf) }));

describe("frames in pieces", () => {
  test("come out as they went in, whatever pieces are joined", () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 6 }),
        fc.integer({ min: 100, max: 400 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 4 })),
        (frames, pieceBytes, groups) => {
          const pieces = frames.flatMap((each) => [...piecesOf(each, { pieceBytes })]);
          const assembler = new FrameAssembler(limits);
          const out: Frame[] = [];
          while (pieces.length > 0) {
            const joined = pieces.splice(0, groups.next().value as number).flatMap((piece) => [...piece]);
            out.push(...assembler.take(new Uint8Array(joined).buffer));
          }
          expect(out.map(plain)).toEqual(frames.map(plain));
        },
      ),
      { numRuns: 200 },
    );
  });

  test("no piece is larger than asked for", () => {
    const large: Frame = { to: 1, from: 2, bytes: new Uint8Array(1000), attachments: [new SharedArrayBuffer(777)] };
    const sizes = [...piecesOf(large, { pieceBytes: 256 })].map((piece) => piece.byteLength);
    expect(Math.max(...sizes)).toBe(256);
    expect(sizes.reduce((a, b) => a + b)).toBe(6 * 8 + 1777);
  });
});

describe("a part of a large value", () => {
  const PART_BYTES = 2 * 1024 * 1024;
  const messagesOf = (part: Uint8Array): ArrayBuffer[] => {
    const frame = { to: 0, from: 2, bytes: new Uint8Array(30), attachments: [new Slice(part)] };
    return Array.from(piecesOf(frame, { scratch: new Uint8Array(PIECE_BYTES) }), (piece) => piece.slice().buffer);
  };
  const ample = { frameBytes: 1e6, attachmentBytes: 1e7, attachments: 10 };
  const sliceOf = (messages: readonly ArrayBuffer[]): Slice => {
    const assembler = new FrameAssembler(ample, () => true);
    const frames = messages.flatMap((message) => assembler.take(message));
    expect(frames).toHaveLength(1);
    return frames[0]?.attachments[0] as Slice;
  };

  test("leaves from where it lies, and what goes before it is made where messages are made", () => {
    const part = new Uint8Array(PART_BYTES);
    const scratch = new Uint8Array(PIECE_BYTES);
    const frame = { to: 1, from: 2, bytes: new Uint8Array(30), attachments: [new Slice(part)] };
    const pieces = [...piecesOf(frame, { scratch })];
    expect(pieces.map(({ buffer }) => buffer === scratch.buffer || buffer === part.buffer)).toEqual([true, true]);
    expect(pieces.map(({ byteLength }) => byteLength)).toEqual([6 * 8 + 30, PART_BYTES]);
  });

  test("begins a message of its own where it has to be copied, so that both sides copy whole words", () => {
    const part = new Uint8Array(new SharedArrayBuffer(PART_BYTES)).fill(5);
    const scratch = new Uint8Array(PIECE_BYTES);
    const frame = { to: 1, from: 2, bytes: new Uint8Array(30), attachments: [new Slice(part)] };
    const copies: [boolean, number, number][] = [];
    for (const piece of piecesOf(frame, { scratch })) copies.push([piece.buffer === scratch.buffer, piece.byteOffset, piece.byteLength]);
    expect(copies).toEqual([
      [true, 0, 6 * 8 + 30],
      [true, 0, PART_BYTES],
    ]);
    expect(sliceOf(messagesOf(part)).bytes.every((byte) => byte === 5)).toBe(true);
  });

  test("gives back the memory of its message when it is released", () => {
    const messages = messagesOf(new Uint8Array(PART_BYTES).fill(9));
    const slice = sliceOf(messages);
    expect(slice.bytes.every((byte) => byte === 9)).toBe(true);
    slice.release();
    expect(messages.map(({ byteLength }) => byteLength)).toEqual([6 * 8 + 30, 0]);
    slice.release();
  });

  test("leaves a message alone that has something else in it", () => {
    const joined = new Uint8Array(messagesOf(new Uint8Array(1_000).fill(9))[0] as ArrayBuffer);
    expect(joined.byteLength).toBe(6 * 8 + 30 + 1_000);
    sliceOf([joined.buffer]).release();
    expect(joined.byteLength).toBe(6 * 8 + 30 + 1_000);
  });
});

describe("what is no frame is refused", () => {
  const head = (...fields: number[]): ArrayBuffer => new Float64Array(fields).buffer;
  const cases: [string, ArrayBuffer][] = [
    ["half a head", new ArrayBuffer(7)],
    ["a negative length", head(0, 0, -1, 0)],
    ["a length that is no whole number", head(0, 0, 1.5, 0)],
    ["a length of NaN", head(0, 0, Number.NaN, 0)],
    ["more bytes than a frame may have", head(0, 0, 10_001, 0)],
    ["more attachments than it may have", head(0, 0, 0, 11, ...new Array<number>(11).fill(0))],
    ["a larger attachment than it may have", head(0, 0, 0, 1, 10_001)],
    ["a head that goes on in another message", head(0, 0, 0, 2, 0)],
  ];
  for (const [name, message] of cases) {
    test(name, () => {
      expect(() => new FrameAssembler(limits).take(message)).toThrow(FrameFault);
    });
  }

  test("any bytes make a frame, wait for more, or are refused: nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          new FrameAssembler(limits).take(bytes.slice().buffer);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameFault);
        }
      }),
    );
  });
});

test("a port cannot travel", () => {
  const { port1, port2 } = new MessageChannel();
  expect(() => [...piecesOf({ to: 1, from: 2, bytes: new Uint8Array(), attachments: [port1] })]).toThrow(TypeError);
  port1.close();
  port2.close();
});
