/** How fast an array can be copied into memory that threads share. */
import { ARRAY_GIGABYTES, ARRAY_LENGTH, bigArray } from "../big_array.ts";
import { type Family, rateRow } from "../row.ts";

const worth = { calls: 1, worth: ARRAY_GIGABYTES, unit: "GB/s" } as const;

export const memory: Family = {
  name: "control: memory",
  brief: true,
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
