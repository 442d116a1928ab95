/** How fast an array can be copied into memory that threads share. */
import { type Family, rateRow } from "../row.ts";

/** The array of Ray's row "single client put gigabytes": 100 · 2²⁰ numbers of 8 bytes. */
export const ARRAY_LENGTH: number = 100 * 2 ** 20;
/** What Ray counts it as, in its unit. */
export const ARRAY_GIGABYTES = 0.8;

/** Numbers to be stored, none of them zero, so that every page is there. */
export function bigArray(length: number): Float64Array<ArrayBuffer> {
  return new Float64Array(length).fill(1);
}

const worth = { calls: 1, worth: ARRAY_GIGABYTES, unit: "GB/s" } as const;

export const memory: Family = {
  name: "control: memory",
  rows: [
    rateRow("memcpy into fresh shared memory", worth, () => {
      const source = bigArray(ARRAY_LENGTH);
      return {
        run(times) {
          let copied = 0;
          for (let i = 0; i < times; i++) {
            const target = new Float64Array(new SharedArrayBuffer(source.byteLength));
            target.set(source);
            if (target.at(-1) === 1) copied++;
          }
          return copied;
        },
      };
    }),
    rateRow("memcpy into reused shared memory", worth, () => {
      const source = bigArray(ARRAY_LENGTH);
      const target = new Float64Array(new SharedArrayBuffer(source.byteLength));
      target.set(source);
      return {
        run(times) {
          let copied = 0;
          for (let i = 0; i < times; i++) {
            target[target.length - 1] = 0;
            target.set(source);
            if (target.at(-1) === 1) copied++;
          }
          return copied;
        },
      };
    }),
  ],
};
