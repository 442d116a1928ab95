/** Longer strings are better encoded once, as a payload, than carried in each envelope that mentions them. */
export const maxPrimitiveString = 4_096;

const tooLarge: bigint = 1n << 64n;
const tooSmall: bigint = -tooLarge;

/**
 * Whether CBOR carries the string exactly: no lone surrogate (UTF-8 has none), and no byte order mark in front
 * (TextDecoder drops it).
 */
export function isExactString(text: string): boolean {
  return text.isWellFormed() && text.charCodeAt(0) !== 0xfeff;
}

/** Whether cbor-x by itself carries the value, bit for bit: every primitive but symbols, -0, odd strings and bigints beyond 64 bits. */
export function isExact(value: unknown): boolean {
  switch (typeof value) {
    case "number":
      return value !== 0 || 1 / value > 0;
    case "string":
      return value.isWellFormed() && value.charCodeAt(0) !== 0xfeff;
    case "boolean":
    case "undefined":
      return true;
    case "object":
      return value === null;
    case "bigint":
      return value < tooLarge && value > tooSmall;
    default:
      return false;
  }
}

/** Whether an envelope can carry the value as it is, without a payload of its own. Bit-exact: so not -0, for one. */
export function isPrimitive(value: unknown): boolean {
  return isExact(value) && (typeof value !== "string" || value.length <= maxPrimitiveString);
}
