import type { Attachment, Frame } from "./link.ts";
import { sharedPool } from "./shared_pool.ts";
import { Slice } from "./slice.ts";

/**
 * Bytes of one message on a socket, at most: large frames leave in pieces, so that no message is large. Two mebibytes,
 * and room for a head: so that a part of a large value, with what is said of it, does not take a message more.
 */
export const PIECE_BYTES: number = 2 * 1024 * 1024 + 8 * 1024;

/** From this share of a piece on, bytes that are nobody else's go out, and come in, where they lie. */
const UNCOPIED_SHARE = 1 / 4;

const HEAD_FIELDS = 5;
const FIELD_BYTES = 8;

/** What a peer may claim of one frame. */
export interface FrameLimits {
  /** The envelopes' bytes. */
  readonly frameBytes: number;
  /** One attachment's bytes. */
  readonly attachmentBytes: number;
  readonly attachments: number;
  /** One message's bytes; as many as come, when undefined. */
  readonly messageBytes?: number;
}

/** Whether the frames for a place are taken in at once: slices beside them, each in one message, need not be copied out of it. */
export type Lends = (to: number) => boolean;

/** A peer has sent what is no frame, or a larger one than it may. */
export class FrameFault extends Error {
  override readonly name: string = "FrameFault";
}

/**
 * A frame as a run of messages: a head of 64-bit floats, little endian (`to`, `from`, length of the bytes, 1 where slices
 * are attached and 0 where buffers are, number of attachments, length of each), the bytes, the attachments' bytes. Shared memory is copied when its piece is made.
 * Pieces may be joined in one message, in their order, but not split: so a head is always whole.
 *
 * A piece is made in `scratch`, or is a view of the frame's own bytes: it must have been sent, or copied, before the
 * next one is asked for. Views of shared memory are given where `takesShared`.
 */
export function* piecesOf(
  frame: Frame,
  {
    scratch,
    pieceBytes = scratch?.byteLength ?? PIECE_BYTES,
    takesShared = false,
  }: { scratch?: Uint8Array<ArrayBuffer>; pieceBytes?: number; takesShared?: boolean } = {},
): Generator<Uint8Array> {
  const nextPiece = (bytes: number): Uint8Array<ArrayBuffer> => scratch ?? new Uint8Array(Math.min(bytes, pieceBytes));
  const head = new Uint8Array(headBytes(frame.attachments.length));
  writeHead(frame, head, 0);
  const parts = [head, frame.bytes, ...frame.attachments.map(bytesOf)];
  let left = parts.reduce((sum, part) => sum + part.byteLength, 0);
  let piece = nextPiece(left);
  let filled = 0;
  for (const part of parts) {
    if (part.byteLength >= pieceBytes * UNCOPIED_SHARE) {
      if (filled > 0) yield piece.subarray(0, filled);
      const mayStay = takesShared || part.buffer instanceof ArrayBuffer;
      for (let at = 0; at < part.byteLength; at += pieceBytes) {
        const own = part.subarray(at, at + pieceBytes);
        yield mayStay ? own : copyOf(own, scratch);
      }
      left -= filled + part.byteLength;
      filled = 0;
      piece = nextPiece(left);
      continue;
    }
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
  if (filled > 0) yield piece.subarray(0, filled);
}

/**
 * From shared memory to where a piece begins, and by whoever takes it from there: V8 copies shared memory word by word where
 * both sides are aligned alike, and otherwise byte by byte, which takes four times as long.
 */
function copyOf(bytes: Uint8Array, scratch: Uint8Array<ArrayBuffer> | undefined): Uint8Array<ArrayBuffer> {
  const copy = scratch?.subarray(0, bytes.byteLength) ?? new Uint8Array(bytes.byteLength);
  copy.set(bytes);
  return copy;
}

/** The bytes that a frame takes on the wire. */
export function frameSize({ bytes, attachments }: Frame): number {
  let size = headBytes(attachments.length) + bytes.byteLength;
  for (const attachment of attachments) size += bytesOf(attachment).byteLength;
  return size;
}

/** Writes a whole frame where there is room for it; returns where it ends. */
export function writeFrame(frame: Frame, into: Uint8Array, start: number): number {
  let at = writeHead(frame, into, start);
  into.set(frame.bytes, at);
  at += frame.bytes.byteLength;
  for (const attachment of frame.attachments) {
    const bytes = bytesOf(attachment);
    into.set(bytes, at);
    at += bytes.byteLength;
  }
  return at;
}

function writeHead({ to, from, bytes, attachments }: Frame, into: Uint8Array, start: number): number {
  const view = new DataView(into.buffer, into.byteOffset + start);
  view.setFloat64(0, to, true);
  view.setFloat64(FIELD_BYTES, from, true);
  view.setFloat64(2 * FIELD_BYTES, bytes.byteLength, true);
  view.setFloat64(3 * FIELD_BYTES, attachments[0] instanceof Slice ? 1 : 0, true);
  view.setFloat64(4 * FIELD_BYTES, attachments.length, true);
  for (let i = 0; i < attachments.length; i++) {
    view.setFloat64((HEAD_FIELDS + i) * FIELD_BYTES, bytesOf(attachments[i] as Attachment).byteLength, true);
  }
  return start + headBytes(attachments.length);
}

function bytesOf(attachment: Attachment): Uint8Array {
  if (attachment instanceof Slice) return attachment.bytes;
  if (attachment instanceof SharedArrayBuffer) return new Uint8Array(attachment);
  throw new TypeError("a port cannot travel to another process");
}

/** A frame on its way in: the lengths of its parts, those that are whole, and the one that is being filled. */
interface Incoming {
  readonly to: number;
  readonly from: number;
  readonly lengths: readonly number[];
  /** Attachments are slices, and may stay in the messages that they come in. */
  readonly lent: boolean;
  readonly parts: Uint8Array[];
  part: Uint8Array | undefined;
  filled: number;
}

/** Makes frames of messages again; attachments come in shared memory of this process's own, or as slices of messages. */
export class FrameAssembler {
  readonly #limits: FrameLimits;
  readonly #lends: Lends;
  #incoming: Incoming | undefined;

  constructor(limits: FrameLimits, lends: Lends = () => false) {
    this.#limits = limits;
    this.#lends = lends;
  }

  /** Takes in the next message, for good; gives the frames that end with it. @throws FrameFault */
  take(message: ArrayBuffer): Frame[] {
    const { messageBytes } = this.#limits;
    if (messageBytes !== undefined && message.byteLength > messageBytes) {
      throw new FrameFault(`a message has ${message.byteLength} bytes, more than ${messageBytes}`);
    }
    const frames: Frame[] = [];
    for (let at = 0; at < message.byteLength; ) {
      if (this.#incoming === undefined) {
        this.#incoming = this.#begin(new DataView(message, at));
        at += headBytes(this.#incoming.lengths.length - 1);
      }
      at += fill(this.#incoming, new Uint8Array(message, at));
      if (!isWhole(this.#incoming)) break;
      frames.push(frameOf(this.#incoming));
      this.#incoming = undefined;
    }
    return frames;
  }

  #begin(view: DataView): Incoming {
    if (view.byteLength < headBytes(0)) throw new FrameFault("a frame begins with its head");
    const field = (index: number, limit: number, name: string): number => {
      const value = view.getFloat64(index * FIELD_BYTES, true);
      if (Number.isSafeInteger(value) && value >= 0 && value <= limit) return value;
      throw new FrameFault(`${name} is ${value}, which is not between 0 and ${limit}`);
    };
    const { frameBytes, attachmentBytes, attachments } = this.#limits;
    const to = field(0, Number.MAX_SAFE_INTEGER, "the place that a frame goes to");
    const from = field(1, Number.MAX_SAFE_INTEGER, "the place that a frame comes from");
    const lengths = [field(2, frameBytes, "the length of a frame")];
    const slices = field(3, 1, "the mark of slices") === 1;
    const count = field(4, attachments, "the number of attachments");
    if (view.byteLength < headBytes(count)) throw new FrameFault("a frame's head comes in one message");
    for (let i = 0; i < count; i++) lengths.push(field(HEAD_FIELDS + i, attachmentBytes, "the length of an attachment"));
    return { to, from, lengths, lent: slices && this.#lends(to), parts: [], part: undefined, filled: 0 };
  }
}

/** Fills the parts of a frame with what has come; returns how much of it was taken. */
function fill(incoming: Incoming, message: Uint8Array): number {
  const { lengths, parts } = incoming;
  let at = 0;
  while (!isWhole(incoming)) {
    const length = lengths[parts.length] as number;
    // The next message may have all of it.
    if (at === message.byteLength && length > 0) break;
    const mayStay = parts.length === 0 ? fillsMessage(message, { at, length }) : incoming.lent && at + length <= message.byteLength;
    if (incoming.part === undefined && mayStay) {
      parts.push(message.subarray(at, at + length));
      at += length;
      continue;
    }
    // Each when it is its turn: a peer that claims much has to send as much.
    incoming.part ??= roomFor(length, parts.length > 0);
    const taken = message.subarray(at, at + length - incoming.filled);
    incoming.part.set(taken, incoming.filled);
    incoming.filled += taken.byteLength;
    at += taken.byteLength;
    if (incoming.filled < length) return at;
    parts.push(incoming.part);
    incoming.part = undefined;
    incoming.filled = 0;
  }
  return at;
}

/** Memory that the system commits as it is written to, so a claim alone takes none. */
function roomFor(length: number, shared: boolean): Uint8Array {
  try {
    return new Uint8Array(shared ? sharedPool.take(length) : new ArrayBuffer(length));
  } catch (error) {
    if (error instanceof RangeError) throw new FrameFault(`there is no memory for a part of ${length} bytes: ${error.message}`);
    throw error;
  }
}

/** Whether most of a large message is one part: then it is not worth a copy. Whoever passes on a view passes on all. */
function fillsMessage(message: Uint8Array, { at, length }: { at: number; length: number }): boolean {
  return length >= PIECE_BYTES * UNCOPIED_SHARE && at + length <= message.byteLength && length * 2 >= message.byteLength;
}

function isWhole({ parts, lengths }: Incoming): boolean {
  return parts.length === lengths.length;
}

function frameOf({ to, from, parts }: Incoming): Frame {
  const attachments = parts.slice(1).map((part) => (part.buffer instanceof SharedArrayBuffer ? part.buffer : new Slice(part, () => letGo(part))));
  return { to, from, bytes: parts[0] as Uint8Array, attachments };
}

/**
 * Memory that a message alone has filled is given back at once, before the collector would: the runtime uses it again for
 * the next, and need not take fresh memory of the system, which costs as much as reading the bytes from the socket.
 */
function letGo({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** The bytes of a frame's head. */
export function headBytes(attachments: number): number {
  return (HEAD_FIELDS + attachments) * FIELD_BYTES;
}
