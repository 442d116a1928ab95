import { CorruptDataFault } from "./faults.ts";
import type { Encoded } from "./value_codec.ts";

/*
 * One encoded value in one buffer. Little endian; offsets follow from the lengths, so that no two parts can overlap:
 *
 *   0  u32 magic "MBLA"     8  u64 total length      24  u64 segment count
 *   4  u32 version         16  u64 length of bytes   32  u64 length of each segment …
 *
 * then the bytes, then each segment at the next multiple of 64 bytes. Lengths are u64 so that the layout outlives
 * today's limits on buffers.
 */
const magic = 0x414c424d;
const version = 1;
const headerBytes = 32;

/** Segments start at multiples of this many bytes: every element type is aligned, and so is a cache line. */
const alignment = 64;

/** One past the largest length that a number holds exactly. */
const maxLength: bigint = 1n << 53n;

function align(offset: number): number {
  // No bit operators: offsets may exceed 32 bits.
  return Math.ceil(offset / alignment) * alignment;
}

/** How many bytes `seal` will write. */
export function sealedByteLength(encoded: Encoded): number {
  let end = headerBytes + encoded.segments.length * 8 + encoded.bytes.byteLength;
  for (const segment of encoded.segments) end = align(end) + segment.byteLength;
  return end;
}

/**
 * Copies the value into `target`, from its start, gaps zeroed; `target` must have `sealedByteLength(encoded)` bytes,
 * and may have more. Returns how many were written.
 */
export function seal(encoded: Encoded, target: SharedArrayBuffer | ArrayBuffer): number {
  const { bytes, segments } = encoded;
  const total = sealedByteLength(encoded);
  if (target.byteLength < total) throw new RangeError(`The sealed value needs ${total} bytes, the buffer has ${target.byteLength}.`);
  const header = new DataView(target);
  header.setUint32(0, magic, true);
  header.setUint32(4, version, true);
  header.setBigUint64(8, BigInt(total), true);
  header.setBigUint64(16, BigInt(bytes.byteLength), true);
  header.setBigUint64(24, BigInt(segments.length), true);
  for (let i = 0; i < segments.length; i++) header.setBigUint64(headerBytes + i * 8, BigInt(segments[i]!.byteLength), true);
  let end = headerBytes + segments.length * 8;
  new Uint8Array(target, end, bytes.byteLength).set(bytes);
  end += bytes.byteLength;
  for (const segment of segments) {
    const start = align(end);
    // A recycled buffer must not leak what it held before.
    new Uint8Array(target, end, start - end).fill(0);
    new Uint8Array(target, start, segment.byteLength).set(new Uint8Array(segment.buffer, segment.byteOffset, segment.byteLength));
    end = start + segment.byteLength;
  }
  return total;
}

/**
 * The parts of a sealed value at the start of `buffer`, as views on it: nothing is copied. `byteLength` is how much of
 * the buffer may be read (default: all). Throws CorruptDataFault unless the header is sound and all within bounds.
 */
export function unseal<B extends SharedArrayBuffer | ArrayBuffer>(
  buffer: B,
  byteLength: number = buffer.byteLength,
): { bytes: Uint8Array<B>; segments: Uint8Array<B>[] } {
  if (!(byteLength >= headerBytes && byteLength <= buffer.byteLength)) {
    throw new CorruptDataFault(`a sealed value of ${byteLength} bytes cannot be in a buffer of ${buffer.byteLength}`);
  }
  const header = new DataView(buffer);
  if (header.getUint32(0, true) !== magic) throw new CorruptDataFault("this is not a sealed value");
  if (header.getUint32(4, true) !== version) {
    throw new CorruptDataFault(`the sealed value has layout ${header.getUint32(4, true)}, this build reads layout ${version}`);
  }
  const total = readLength(header, 8);
  if (total > byteLength) throw new CorruptDataFault(`the sealed value has ${total} bytes, only ${byteLength} are there`);
  const count = readLength(header, 24);
  const table = headerBytes + count * 8;
  if (table > total) throw new CorruptDataFault(`${count} segments do not fit into ${total} bytes`);

  const take = (start: number, length: number): Uint8Array<B> => {
    if (start + length > total) throw new CorruptDataFault("a part of the sealed value reaches beyond its end");
    end = start + length;
    return new Uint8Array(buffer, start, length);
  };
  let end = table;
  const bytes = take(table, readLength(header, 16));
  const segments: Uint8Array<B>[] = [];
  for (let i = 0; i < count; i++) segments.push(take(align(end), readLength(header, headerBytes + i * 8)));
  if (end !== total) throw new CorruptDataFault("the parts of the sealed value do not add up to its length");
  return { bytes, segments };
}

function readLength(header: DataView, offset: number): number {
  const length = header.getBigUint64(offset, true);
  if (length >= maxLength) throw new CorruptDataFault(`a length of ${length} bytes`);
  return Number(length);
}
