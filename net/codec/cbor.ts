import { Buffer } from "node:buffer";
// The sub-path leaves out cbor-x's optional native string reader, which is no faster here and needs FFI rights in Deno.
import { Encoder, Tag } from "cbor-x/encode";
import { CorruptDataFault } from "./faults.ts";
import { checkWellFormed } from "./well_formed.ts";

export { Tag };

/** What cbor-x offers beyond its declarations: encode flags, and decode of a prefix of a buffer. */
interface Cbor {
  encode(value: unknown, flags: number): Uint8Array;
  decode(bytes: Uint8Array, end: number): unknown;
  useBuffer(buffer: Uint8Array): void;
}

function cbor(copyBuffers: boolean): Cbor {
  return new Encoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: false, copyBuffers }) as unknown as Cbor;
}

const copying: Cbor = cbor(true);
const viewing: Cbor = cbor(false);

/** cbor-x's RESET_BUFFER_MODE: the next encode starts where this one did, since we copy the result out at once. */
const resetBuffer = 1024;

/** cbor-x keeps its write buffer, and makes each new one as large as the last; above this many bytes it is given up. */
const retainedBytes = 1 << 20;

/**
 * One CBOR item for `tree`, in memory of its own. The tree must be free of getters and user code: cbor-x writes
 * into memory shared by all its encoders, so an encode inside an encode would garble both.
 */
export function encodeCbor(tree: unknown): Uint8Array<ArrayBuffer> {
  const written = copying.encode(tree, resetBuffer);
  const bytes = new Uint8Array(written);
  if (bytes.byteLength > retainedBytes) copying.useBuffer(Buffer.allocUnsafeSlow(8192));
  return bytes;
}

/** First byte of an item with one of this room's tags. */
const tagHead = 0xd9;

/**
 * Small inputs are copied here before they are read. cbor-x hangs a DataView on each array that it reads; making
 * one costs more than the copy.
 */
const scratch: Uint8Array = new Uint8Array(4096);

/**
 * The tree in `bytes`, whose byte strings come back as copies. Checks the bytes first (see `checkWellFormed`);
 * any failure is a CorruptDataFault. Tags are taken only
 * if the outermost item is one. Bytes on shared memory are copied before, so that no other thread can alter
 * them between the check and the reading.
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  const length = bytes.byteLength;
  const tags = bytes[0] === tagHead;
  if (length <= scratch.byteLength) {
    scratch.set(bytes);
    return read(copying, scratch, { length, tags });
  }
  return read(copying, privateView(bytes), { length, tags });
}

/**
 * As `decodeCbor`, without tags; byte strings in more than 4 KiB come back as views on `bytes` (on a copy, if `bytes` is
 * on shared memory), those in less as copies: the engine makes an ArrayBuffer of a small array when that is first asked
 * for, which costs more than all the rest of the reading.
 */
export function decodeCborViews(bytes: Uint8Array): unknown {
  const length = bytes.byteLength;
  if (length <= scratch.byteLength) {
    scratch.set(bytes);
    return read(copying, scratch, { length, tags: false });
  }
  return read(viewing, privateView(bytes), { length, tags: false });
}

function privateView(bytes: Uint8Array): Uint8Array {
  if (typeof SharedArrayBuffer !== "undefined" && bytes.buffer instanceof SharedArrayBuffer) return new Uint8Array(bytes);
  // A view of our own even so: cbor-x would hang its DataView on the caller's, and a Buffer would beget Buffers.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function read(decoder: Cbor, bytes: Uint8Array, options: { length: number; tags: boolean }): unknown {
  checkWellFormed(bytes, options.length, options.tags);
  try {
    return decoder.decode(bytes, options.length);
  } catch (cause) {
    throw new CorruptDataFault(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
