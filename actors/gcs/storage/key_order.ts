/**
 * Orders strings by code points, which is the order of their UTF-8 bytes and so the one databases use.
 * (`<` orders by UTF-16 units: there U+FFFD comes after an emoji, here before it.)
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // A surrogate stands for a code point above every single unit.
    const xHigh = (x & 0xf800) === 0xd800;
    const yHigh = (y & 0xf800) === 0xd800;
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
  }
  return a.length - b.length;
}
