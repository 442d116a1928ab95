/**
 * How many own enumerable string-keyed properties an array has, elements included: more than its elements where it
 * has named ones, like the result of a regular expression.
 *
 * Neither engine tells in constant time. V8 collects values without making the index strings; JavaScriptCore (told by
 * the line number that its errors carry) is quickest by enumeration, at about 25 ns an element.
 */
export const countOwnKeys: (array: readonly unknown[]) => number = Object.hasOwn(new Error(), "line")
  ? (array) => {
      let count = 0;
      for (const key in array) if (key !== "") count++;
      return count;
    }
  : (array) => Object.values(array).length;

/** The array index that `key` spells, or -1. */
export function arrayIndex(key: string): number {
  const index = Number(key) >>> 0;
  return index !== 0xffff_ffff && String(index) === key ? index : -1;
}
