import { expect, test } from "bun:test";
import type { ObjectRef, ObjectRefGenerator, PlacementGroup } from "../../../runtime/types/mod.ts";
import { asCompleted, type Equal, get, holds, mapUnordered, put, remote, typesOnly, wait } from "./helpers.ts";

/** A class can implement the interface; this one says how. */
class Ref<T> implements ObjectRef<T> {
  declare readonly __value: () => T;
  readonly id = "o1";
  toString(): string {
    return this.id;
  }
  [Symbol.dispose](): void {}
}

declare const a: ObjectRef<number>;
declare const b: ObjectRef<string>;
declare const gone: ObjectRef<undefined>;
declare const group: PlacementGroup;
declare const generator: ObjectRefGenerator<Date>;

typesOnly(async () => {
  // Refs differ by what they stand for.
  const wide: ObjectRef<number | string> = a;
  const unknown: ObjectRef = a;
  // @ts-expect-error a ref of a number is none of a string
  const wrong: ObjectRef<string> = a;
  // @ts-expect-error a ref of nothing is none of a number
  const empty: ObjectRef<number> = gone;
  // @ts-expect-error what looks like a ref is none
  const fake: ObjectRef<number> = { id: "x", toString: () => "x", [Symbol.dispose]() {} };
  // @ts-expect-error a ref is not thenable
  a.then;
  const still = await a;
  holds<Equal<typeof still, ObjectRef<number>>>();

  // put and get.
  const stored = put({ x: 1 });
  holds<Equal<typeof stored, ObjectRef<{ x: number }>>>();
  const value = await get(a, { timeoutMs: 5, signal: new AbortController().signal });
  holds<Equal<typeof value, number>>();
  const tuple = await get([a, b, a]);
  holds<Equal<typeof tuple, [number, string, number]>>();
  const same = await get([a, a] as ObjectRef<number>[]);
  holds<Equal<typeof same, number[]>>();
  const readonly = await get([a, b] as readonly [ObjectRef<number>, ObjectRef<string>]);
  holds<Equal<typeof readonly, [number, string]>>();
  const mixed = await get([a, b] as (ObjectRef<number> | ObjectRef<string>)[]);
  holds<Equal<typeof mixed, (number | string)[]>>();
  const none = await get([]);
  holds<Equal<typeof none, []>>();
  // @ts-expect-error not a ref
  await get(5);
  // @ts-expect-error not all of them refs
  await get([a, 5]);
  // @ts-expect-error a generator is read, not fetched
  await get(generator);
  // @ts-expect-error an unknown option
  await get(a, { timeout: 5 });
  const square = remote((x: number) => x * x);
  const squares = await get([1, 2].map((x) => square.remote(x)));
  holds<Equal<typeof squares, number[]>>();

  // wait keeps what it was given.
  const [ready, rest] = await wait([a, a], { numReturns: 2, fetchLocal: false });
  holds<Equal<typeof ready, ObjectRef<number>[]>>();
  holds<Equal<typeof rest, ObjectRef<number>[]>>();
  const [some] = await wait([a, b, generator]);
  holds<Equal<typeof some, (ObjectRef<number> | ObjectRef<string> | ObjectRefGenerator<Date>)[]>>();
  // @ts-expect-error not refs
  await wait([1]);

  for await (const done of asCompleted([a, a])) holds<Equal<typeof done, number>>();
  for await (const done of mapUnordered(
    remote(async (x: number) => `${x}`),
    [1, a],
    { concurrency: 2 },
  )) {
    holds<Equal<typeof done, string>>();
  }

  const { placementGroup, bundleIndex } = { placementGroup: group, bundleIndex: 0 };
  square.options({ schedulingStrategy: { placementGroup, bundleIndex } }).remote(1);
  holds<Equal<Awaited<ReturnType<typeof group.wait>>, boolean>>();
  return [wide, unknown, wrong, empty, fake];
});

test("the types of objects hold (checked by tsc)", () => {
  expect(String(new Ref<number>())).toBe("o1");
});
