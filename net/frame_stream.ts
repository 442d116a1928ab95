import type { Attachment, Frame } from "./link.ts";
import { sharedPool } from "./shared_pool.ts";

/** Bytes of one message on a socket, at most: large frames leave in pieces, so that no message is large. */
export const PIECE_BYTES: number = 1024 * 1024;

const HEAD_FIELDS = 4;
const FIELD_BYTES = 8;

/** What a peer may claim of one frame. */
export interface FrameLimits {
  /** The envelopes' bytes. */
  readonly frameBytes: number;
  /** One attachment's bytes. */
  readonly attachmentBytes: number;
  readonly attachments: number;
}

/** A peer has sent what is no frame, or a larger one than it may. */
export class FrameFault extends Error {
  override readonly name: string = "FrameFault";
}

/**
 * A frame as a run of messages: a head of 64-bit floats, little endian (`to`, `from`, length of the bytes, number of
 * attachments, length of each), the bytes, the attachments' bytes. Shared memory is copied when its piece is made.
 * Pieces may be joined in one message, in their order, but not split: so a head is always whole.
 *
 * With `scratch` every piece of its size is made in it: the one before must have been sent, or copied, by then.
 */
export function* piecesOf(
  frame: Frame,
  { scratch, pieceBytes = scratch?.byteLength ?? PIECE_BYTES }: { scratch?: Uint8Array<ArrayBuffer>; pieceBytes?: number } = {},
): Generator<Uint8Array<ArrayBuffer>> {
  const nextPiece = (bytes: number): Uint8Array<ArrayBuffer> =>
    scratch !== undefined && bytes >= pieceBytes ? scratch : new Uint8Array(Math.min(bytes, pieceBytes));
  const shared = frame.attachments.map(asShared);
  const head = new DataView(new ArrayBuffer((HEAD_FIELDS + shared.length) * FIELD_BYTES));
  const fields = [frame.to, frame.from, frame.bytes.byteLength, shared.length, ...shared.map((buffer) => buffer.byteLength)];
  for (let i = 0; i < fields.length; i++) head.setFloat64(i * FIELD_BYTES, fields[i] as number, true);
  const parts = [new Uint8Array(head.buffer), frame.bytes, ...shared.map((buffer) => new Uint8Array(buffer))];
  let left = parts.reduce((sum, part) => sum + part.byteLength, 0);
  let piece = nextPiece(left);
  let filled = 0;
  for (const part of parts) {
    for (let at = 0; at < part.byteLength; ) {
      const taken = part.subarray(at, at + piece.byteLength - filled);
      piece.set(taken, filled);
      at += taken.byteLength;
      filled += taken.byteLength;
      if (filled < piece.byteLength) continue;
      yield piece;
      left -= filled;
      filled = 0;
      piece = nextPiece(left);
    }
  }
}

function asShared(attachment: Attachment): SharedArrayBuffer {
  if (attachment instanceof SharedArrayBuffer) return attachment;
  throw new TypeError("a port cannot travel to another process");
}

/** A frame on its way in: the lengths of its parts, and those that have been begun; the last one is being filled. */
interface Incoming {
  readonly to: number;
  readonly from: number;
  readonly lengths: readonly number[];
  readonly parts: Uint8Array[];
  filled: number;
}

/** Makes frames of messages again; attachments come in shared memory of this process's own. */
export class FrameAssembler {
  readonly #limits: FrameLimits;
  #incoming: Incoming | undefined;

  constructor(limits: FrameLimits) {
    this.#limits = limits;
  }

  /** Takes in the next message; gives the frames that end with it. @throws FrameFault */
  take(message: ArrayBuffer): Frame[] {
    const frames: Frame[] = [];
    for (let at = 0; at < message.byteLength; ) {
      if (this.#incoming === undefined) {
        this.#incoming = this.#begin(new DataView(message, at));
        at += headBytes(this.#incoming.lengths.length - 1);
      }
      const taken = fill(this.#incoming, new Uint8Array(message, at));
      at += taken;
      if (!isWhole(this.#incoming)) break;
      frames.push(frameOf(this.#incoming));
      this.#incoming = undefined;
    }
    return frames;
  }

  #begin(view: DataView): Incoming {
    if (view.byteLength < headBytes(0)) throw new FrameFault("a frame begins with its head");
    const field = (index: number): number => view.getFloat64(index * FIELD_BYTES, true);
    const length = (index: number, limit: number, name: string): number => {
      const value = field(index);
      if (Number.isSafeInteger(value) && value >= 0 && value <= limit) return value;
      throw new FrameFault(`${name} is ${value}, which is not between 0 and ${limit}`);
    };
    const { frameBytes, attachmentBytes, attachments } = this.#limits;
    const lengths = [length(2, frameBytes, "the length of a frame")];
    const count = length(3, attachments, "the number of attachments");
    if (view.byteLength < headBytes(count)) throw new FrameFault("a frame's head comes in one message");
    for (let i = 0; i < count; i++) lengths.push(length(HEAD_FIELDS + i, attachmentBytes, "the length of an attachment"));
    return { to: field(0), from: field(1), lengths, parts: [new Uint8Array(lengths[0] as number)], filled: 0 };
  }
}

/** Fills the parts of a frame with what has come; returns how much of it was taken. */
function fill(incoming: Incoming, bytes: Uint8Array): number {
  const { lengths, parts } = incoming;
  for (let at = 0; ; ) {
    const part = parts.at(-1) as Uint8Array;
    const taken = bytes.subarray(at, at + part.byteLength - incoming.filled);
    part.set(taken, incoming.filled);
    incoming.filled += taken.byteLength;
    at += taken.byteLength;
    const next = lengths[parts.length];
    if (incoming.filled < part.byteLength || next === undefined) return at;
    // Each when it is its turn: a peer that claims much has to send as much.
    parts.push(new Uint8Array(sharedPool.take(next)));
    incoming.filled = 0;
  }
}

function isWhole({ lengths, parts, filled }: Incoming): boolean {
  return parts.length === lengths.length && filled === lengths.at(-1);
}

function frameOf({ to, from, parts }: Incoming): Frame {
  const attachments = parts.slice(1).map((part) => part.buffer as unknown as SharedArrayBuffer);
  return { to, from, bytes: parts[0] as Uint8Array, attachments };
}

function headBytes(attachments: number): number {
  return (HEAD_FIELDS + attachments) * FIELD_BYTES;
}
