/** The code units of a string, two bytes each, little endian: for strings that UTF-8 cannot carry exactly. */
export function utf16Bytes(text: string): Uint8Array {
  const units = new DataView(new ArrayBuffer(text.length * 2));
  for (let i = 0; i < text.length; i++) units.setUint16(i * 2, text.charCodeAt(i), true);
  return new Uint8Array(units.buffer);
}

/** The inverse of `utf16Bytes`; an odd byte at the end is dropped. */
export function utf16Text(bytes: Uint8Array): string {
  const units = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: string[] = [];
  for (let i = 0; i + 1 < bytes.byteLength; ) {
    const chunk: number[] = [];
    for (; i + 1 < bytes.byteLength && chunk.length < 4_096; i += 2) chunk.push(units.getUint16(i, true));
    parts.push(String.fromCharCode(...chunk));
  }
  return parts.join("");
}
