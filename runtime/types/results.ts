import type { NumReturns } from "../options/mod.ts";
import type { ObjectRef, ObjectRefGenerator } from "./object_ref.ts";

/**
 * What a remote call gives for a function that returns `R`, with `N` for the
 * option `numReturns` (`undefined` where it was not stated):
 *
 * | `numReturns` | result |
 * | --- | --- |
 * | not stated, or 1 | `ObjectRef<Awaited<R>>`; of a generator not stated, `ObjectRefGenerator` |
 * | 0 | `undefined`: there is nothing to fetch |
 * | 2 and more | a tuple of that many refs, typed from the tuple or array returned |
 * | some `number` | an array of refs |
 * | `"streaming"` | `ObjectRefGenerator` |
 */
export type Results<R, N extends NumReturns | undefined = undefined> = [N] extends [undefined]
  ? Unstated<R>
  : [N] extends ["streaming"]
    ? ObjectRefGenerator<Item<R>>
    : [N] extends [number]
      ? Counted<R, N>
      : Unstated<R>;

/** The items of a generator; `never` for all else. */
type Item<R> =
  IsKnown<R> extends false
    ? unknown
    : [R] extends [AsyncGenerator<infer T, infer _Return, infer _Next>]
      ? T
      : [R] extends [Generator<infer T, infer _Return, infer _Next>]
        ? Awaited<T>
        : never;

type IsGenerator<R> =
  IsKnown<R> extends false
    ? false
    : [R] extends [AsyncGenerator<infer _T, infer _R, infer _N> | Generator<infer _T, infer _R, infer _N>]
      ? true
      : false;

type Unstated<R> = IsGenerator<R> extends true ? ObjectRefGenerator<Item<R>> : ObjectRef<Awaited<R>>;

type Counted<R, N extends number> = N extends 0
  ? undefined
  : N extends 1
    ? ObjectRef<IsGenerator<R> extends true ? Item<R> : Awaited<R>>
    : Refs<IsGenerator<R> extends true ? Item<R>[] : Awaited<R>, N>;

type Refs<V, N extends number> =
  IsKnown<V> extends false
    ? Repeat<ObjectRef<V>, N>
    : V extends readonly unknown[]
      ? number extends V["length"]
        ? Repeat<ObjectRef<V[number]>, N>
        : number extends N
          ? EachRef<V>
          : N extends V["length"]
            ? EachRef<V>
            : WrongNumReturns<N, V["length"]>
      : WrongNumReturns<N, 1>;

type EachRef<V extends readonly unknown[]> = { -readonly [K in keyof V]-?: ObjectRef<V[K]> };

/** `N` of `T`, or an array when `N` is just some number. */
type Repeat<T, N extends number, Sofar extends T[] = []> = number extends N ? T[] : Sofar["length"] extends N ? Sofar : Repeat<T, N, [...Sofar, T]>;

/** Shown by the editor where `numReturns` does not fit what the function returns; the call would fail. */
export interface WrongNumReturns<Stated extends number, Returned extends number> {
  readonly "numReturns does not fit": { readonly stated: Stated; readonly returned: Returned };
}

/** False for `any`, `unknown` and `never`, about which nothing can be derived. */
type IsKnown<T> = unknown extends T ? false : [T] extends [never] ? false : true;
