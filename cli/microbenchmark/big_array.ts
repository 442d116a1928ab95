/** The array of Ray's row "single client put gigabytes": 100 · 2²⁰ numbers of 8 bytes. */
export const ARRAY_LENGTH: number = 100 * 2 ** 20;
/** What Ray counts it as, in its unit. */
export const ARRAY_GIGABYTES = 0.8;

/** Numbers to be stored, none of them zero, so that every page is there. */
export function bigArray(length: number): Float64Array<ArrayBuffer> {
  return new Float64Array(length).fill(1);
}
