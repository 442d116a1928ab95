/** Ray's rows about objects. */
import { get, type ObjectRef, put, remote } from "../../../mod.ts";
import { ARRAY_GIGABYTES, ARRAY_LENGTH, bigArray } from "../big_array.ts";
import { type Family, rateRow, sampleRow } from "../row.ts";

const putSmall = remote(() => {
  let stored = 0;
  for (let i = 0; i < 100; i++) if (put(0).id !== "") stored++;
  return stored;
});

const putLarge = remote(() => {
  let stored = 0;
  const array = new Float64Array(10 * 2 ** 20);
  for (let i = 0; i < 10; i++) {
    const ref = put(array);
    if (ref.id !== "") stored++;
    ref[Symbol.dispose]();
  }
  return stored;
});

const manyRefs = remote(() => Array.from({ length: 10_000 }, () => put(1)));

const total = (counts: readonly number[]): number => counts.reduce((sum, each) => sum + each, 0);

const smallValues: Family = {
  name: "objects",
  node: {},
  rows: [
    rateRow("single client get calls", { calls: 1, targets: [{ atLeast: 1_000_000 }] }, () => {
      const ref = put(1);
      return {
        async run(times) {
          let got = 0;
          for (let i = 0; i < times; i++) got += await get(ref);
          return got;
        },
      };
    }),
    rateRow("single client put calls", { calls: 1, targets: [{ atLeast: 200_000 }] }, () => ({
      run(times) {
        let stored = 0;
        for (let i = 0; i < times; i++) if (put(0).id !== "") stored++;
        return stored;
      },
    })),
    rateRow("multi client put calls", { calls: 1000 }, () => ({
      async run(times) {
        let stored = 0;
        for (let i = 0; i < times; i++) {
          stored += total(await get(Array.from({ length: 10 }, () => putSmall.remote())));
        }
        return stored;
      },
    })),
    rateRow("single client get object containing 10k refs", { calls: 1, targets: [{ atLeast: 50 }] }, () => {
      const ref = manyRefs.remote();
      return {
        async run(times) {
          let got = 0;
          for (let i = 0; i < times; i++) if ((await get(ref)).length === 10_000) got++;
          return got;
        },
      };
    }),
  ],
};

const SETTLE_MS = 150;

/** What `get` gives of the stored array is the shared memory itself, and twice the same. */
async function isShared(ref: ObjectRef<Float64Array>): Promise<boolean> {
  const [first, second] = [await get(ref), await get(ref)];
  return first.length === ARRAY_LENGTH && first.at(-1) === 1 && first.buffer === second.buffer;
}

const largeValues: Family = {
  name: "large objects",
  node: {},
  rows: [
    rateRow(
      "single client put gigabytes",
      {
        calls: 1,
        worth: ARRAY_GIGABYTES,
        unit: "GB/s",
        targets: [{ atLeast: 0.8, of: "memcpy into reused shared memory" }],
      },
      () => {
        const array = bigArray(ARRAY_LENGTH);
        return {
          run(times) {
            let stored = 0;
            for (let i = 0; i < times; i++) {
              const ref = put(array);
              if (ref.id !== "") stored++;
              // Python drops what nobody holds at once; here it has to be said.
              ref[Symbol.dispose]();
            }
            return stored;
          },
        };
      },
    ),
    sampleRow(
      "first get of 800 MiB on the same node",
      { unit: "ms", targets: [{ atMost: 1 }], samples: ({ quick }) => (quick ? 3 : 30) },
      async () => {
        const ref = put((source ??= bigArray(ARRAY_LENGTH)));
        // The collection that follows much that was stored is not the get's.
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
        const start = performance.now();
        const array = await get(ref);
        const value = performance.now() - start;
        const completed = array.at(-1) === 1 && (await isShared(ref)) ? 1 : 0;
        ref[Symbol.dispose]();
        return { value, completed };
      },
    ),
    sampleRow("get 800 MiB on the same node", { unit: "ms", targets: [{ atMost: 1 }], samples: ({ quick }) => (quick ? 5 : 100) }, async () => {
      large ??= put(bigArray(ARRAY_LENGTH));
      const start = performance.now();
      const array = await get(large);
      const value = performance.now() - start;
      return { value, completed: array.at(-1) === 1 && (await isShared(large)) ? 1 : 0 };
    }),
    rateRow("multi client put gigabytes", { calls: 100, worth: 8, unit: "GB/s" }, () => {
      large?.[Symbol.dispose]();
      large = undefined;
      source = undefined;
      return {
        async run(times) {
          let stored = 0;
          for (let i = 0; i < times; i++) {
            stored += total(await get(Array.from({ length: 10 }, () => putLarge.remote())));
          }
          return stored;
        },
      };
    }),
  ],
};

let source: Float64Array | undefined;
let large: ObjectRef<Float64Array> | undefined;

export const objects: readonly Family[] = [smallValues, largeValues];
