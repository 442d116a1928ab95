/**
 * `bytes` as whoever keeps them may: a copy, where they are the smaller part of the frame that they came in, as a view
 * keeps the whole frame.
 */
export function keptBytes(bytes: Uint8Array): Uint8Array {
  // No view on a frame begins where the frame does. The engine makes an ArrayBuffer of a small array when it is asked for.
  if (bytes.byteOffset === 0) return bytes;
  return bytes.buffer.byteLength > 2 * bytes.byteLength ? new Uint8Array(bytes) : bytes;
}
