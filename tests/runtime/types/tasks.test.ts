import { expect, test } from "bun:test";
import type { TaskOptions } from "../../../runtime/options/mod.ts";
import type { ObjectRef, ObjectRefGenerator, RemoteFunction, WrongNumReturns } from "../../../runtime/types/mod.ts";
import { type Equal, holds, put, remote, typesOnly } from "./helpers.ts";

declare const numberRef: ObjectRef<number>;
declare const textRef: ObjectRef<string>;

typesOnly(() => {
  const square = remote((x: number) => x * x);
  holds<Equal<typeof square, RemoteFunction<[x: number], number>>>();

  // Arguments are values or refs of them; results are refs.
  const ref = square.remote(4);
  holds<Equal<typeof ref, ObjectRef<number>>>();
  square.remote(ref);
  // @ts-expect-error a ref of the wrong type
  square.remote(textRef);
  // @ts-expect-error a value of the wrong type
  square.remote("4");
  // @ts-expect-error too few
  square.remote();
  // @ts-expect-error too many
  square.remote(1, 2);
  // @ts-expect-error a remote function is not called directly
  square(4);

  // Promises are awaited.
  holds<Equal<ReturnType<typeof asynchronous.remote>, ObjectRef<string>>>();
  const asynchronous = remote(async (x: number) => `${x}`);

  // A task that returns a ref gives a ref of a ref.
  const nesting = remote((x: number) => put(x));
  holds<Equal<ReturnType<typeof nesting.remote>, ObjectRef<ObjectRef<number>>>>();

  // Optional, default and rest parameters are kept.
  const many = remote((a: number, b?: string, c = true, ...rest: Date[]) => [a, b, c, rest].length);
  many.remote(1);
  many.remote(numberRef, textRef, put(false), new Date(), put(new Date()));
  many.remote(1, undefined);
  // @ts-expect-error the rest are dates
  many.remote(1, "b", true, 5);
  const flags = remote((on: boolean, level: 1 | 2) => (on ? level : 0));
  flags.remote(put(true as boolean), put(1 as 1 | 2));

  // Refs inside an argument stay refs.
  const sum = remote((parts: { refs: ObjectRef<number>[] }) => parts.refs.length);
  sum.remote({ refs: [numberRef] });
  // @ts-expect-error a value where a ref is declared
  sum.remote({ refs: [1] });
  // @ts-expect-error a ref inside, where a value is declared
  remote((xs: number[]) => xs).remote([numberRef]);
  remote((xs: number[]) => xs).remote(put([1, 2]));

  // Generics degrade to unknown, and still take anything.
  const identity = remote(<T>(x: T) => x);
  identity.remote(1);
  identity.remote(textRef);
  holds<Equal<ReturnType<typeof identity.remote>, ObjectRef<unknown>>>();

  // Inside generic code a value of the parameter's type is an argument.
  function apply<A, R>(fn: RemoteFunction<[A], R>, value: A): ReturnType<typeof fn.remote> {
    return fn.remote(value);
  }
  apply(square, 3);

  // Functions and remote functions are arguments like others.
  const map = remote((x: number, f: (x: number) => string) => f(x));
  map.remote(1, (x) => x.toFixed(2));
  const outer = remote((inner: RemoteFunction<[x: number], number>) => inner.remote(1));
  outer.remote(square);

  // Nothing returned, nothing ever returned, anything.
  holds<Equal<ReturnType<typeof silent.remote>, ObjectRef<void>>>();
  const silent = remote(() => {});
  holds<Equal<ReturnType<typeof throwing.remote>, ObjectRef<never>>>();
  const throwing = remote((): never => {
    throw new Error();
  });
});

typesOnly(() => {
  const pair = (): [number, string] => [1, "a"];
  const list = async (): Promise<Date[]> => [];

  // numReturns types the refs from the tuple or array returned.
  holds<Equal<ReturnType<typeof two.remote>, [ObjectRef<number>, ObjectRef<string>]>>();
  const two = remote(pair, { numReturns: 2 });
  const [first, second] = two.remote();
  holds<Equal<typeof first, ObjectRef<number>>>();
  holds<Equal<typeof second, ObjectRef<string>>>();
  holds<Equal<ReturnType<typeof three.remote>, [ObjectRef<Date>, ObjectRef<Date>, ObjectRef<Date>]>>();
  const three = remote(list, { numReturns: 3 });
  holds<Equal<ReturnType<typeof fixed.remote>, [ObjectRef<1>, ObjectRef<2>]>>();
  const fixed = remote(() => [1, 2] as const, { numReturns: 2 });
  holds<Equal<ReturnType<typeof one.remote>, ObjectRef<[number, string]>>>();
  const one = remote(pair, { numReturns: 1 });
  holds<Equal<ReturnType<typeof none.remote>, undefined>>();
  const none = remote(pair, { numReturns: 0 });
  holds<Equal<ReturnType<typeof wrong.remote>, WrongNumReturns<3, 2>>>();
  const wrong = remote(pair, { numReturns: 3 });
  holds<Equal<ReturnType<typeof single.remote>, WrongNumReturns<2, 1>>>();
  const single = remote(() => 5, { numReturns: 2 });
  const unknowing = remote((x: unknown) => x, { numReturns: 2 });
  holds<Equal<ReturnType<typeof unknowing.remote>, [ObjectRef<unknown>, ObjectRef<unknown>]>>();
  const counted = remote(list, { numReturns: [1, 2].length });
  holds<Equal<ReturnType<typeof counted.remote>, ObjectRef<Date>[]>>();

  // options() re-types, and keeps what it does not mention.
  const later = remote(pair).options({ numReturns: 2, numCpus: 2 });
  holds<Equal<ReturnType<typeof later.remote>, [ObjectRef<number>, ObjectRef<string>]>>();
  const kept = two.options({ numCpus: 2 });
  holds<Equal<ReturnType<typeof kept.remote>, [ObjectRef<number>, ObjectRef<string>]>>();
  const back = two.options({ numReturns: 1 });
  holds<Equal<ReturnType<typeof back.remote>, ObjectRef<[number, string]>>>();

  // Options whose numReturns is not known leave the usual result.
  const anything = remote(pair, {} as TaskOptions);
  holds<Equal<ReturnType<typeof anything.remote>, ObjectRef<[number, string]>>>();

  // @ts-expect-error an unknown option
  remote(pair, { numCpu: 1 });
  // @ts-expect-error a wrong value
  remote(pair, { numReturns: "dynamic" });
  // @ts-expect-error maxCalls belongs to the function
  two.options({ maxCalls: 1 });
  // @ts-expect-error an option of actors
  remote(pair, { maxRestarts: 1 });
  remote(pair, { retryExceptions: [TypeError, "MyError"], captures: { pair }, labelSelector: { zone: "a" } });
});

typesOnly(() => {
  // Generators stream.
  holds<Equal<ReturnType<typeof sync.remote>, ObjectRefGenerator<number>>>();
  const sync = remote(function* (n: number) {
    for (let i = 0; i < n; i++) yield i;
  });
  holds<Equal<ReturnType<typeof asynchronous.remote>, ObjectRefGenerator<string>>>();
  const asynchronous = remote(async function* () {
    yield "a";
  });
  holds<Equal<ReturnType<typeof stated.remote>, ObjectRefGenerator<string>>>();
  const stated = asynchronous.options({ numReturns: "streaming", generatorBackpressure: 2 });
  holds<Equal<ReturnType<typeof two.remote>, [ObjectRef<string>, ObjectRef<string>]>>();
  const two = asynchronous.options({ numReturns: 2 });
  const read = async (): Promise<void> => {
    for await (const ref of sync.remote(3)) holds<Equal<typeof ref, ObjectRef<number>>>();
    holds<Equal<ReturnType<ReturnType<typeof sync.remote>["completed"]>, ObjectRef<undefined>>>();
  };
  // An array, a set and an iterator are values, not generators.
  const array = remote(() => new Set([1]).values());
  holds<Equal<ReturnType<typeof array.remote>, ObjectRef<SetIterator<number>>>>();
  return read;
});

test("the types of tasks hold (checked by tsc)", () => {
  expect(typeof holds).toBe("function");
});
