/** `bytes` as a table may keep them: a plain array of its own. A view on a frame would keep the whole frame. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  const whole = bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
  // Not for a Buffer, nor for shared memory that somebody else may write to.
  return whole && bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes);
}
