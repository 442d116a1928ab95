import { decodeCborViews, encodeCbor } from "./cbor.ts";
import { CorruptDataFault } from "./faults.ts";

/**
 * The bytes of a batch of envelopes: positional arrays that hold primitives (`isPrimitive`), Uint8Arrays and
 * arrays of such. The shape is trusted, not checked. The bytes are the caller's, and may be transferred.
 */
export function encodeBatch(envelopes: readonly unknown[]): Uint8Array<ArrayBuffer> {
  return encodeCbor(envelopes);
}

/**
 * The envelopes in `bytes`, which may be hostile: bounded in time, memory and depth, and no prototype is touched.
 * Throws CorruptDataFault. Uint8Arrays in the envelopes are copies, or, of more than 4 KiB, views on `bytes`, which
 * must not be written to while they live, and which they keep alive; on a private copy of it, if `bytes` is on shared
 * memory.
 */
export function decodeBatch(bytes: Uint8Array): unknown[] {
  const envelopes = decodeCborViews(bytes);
  if (!Array.isArray(envelopes)) throw new CorruptDataFault("a batch of envelopes must be an array");
  return envelopes;
}
