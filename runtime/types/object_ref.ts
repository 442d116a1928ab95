/**
 * A reference to a value that exists or will. It is no promise, so it can be
 * returned, stored and passed on; `await get(ref)` gives the value.
 */
export interface ObjectRef<out T = unknown> {
  /** The identity: two refs with one id stand for one value. */
  readonly id: string;
  /** Exists for the type checker only, so that refs of different values differ. */
  readonly __value: () => T;
  toString(): string;
  /** Lets go of the value at once, where the collector would do so later. */
  [Symbol.dispose](): void;
}

/**
 * The refs of a generator's items, in order, as they come. The generator runs on
 * whether anyone reads or not. An exception is the last ref.
 */
export interface ObjectRefGenerator<out T = unknown> extends AsyncIterable<ObjectRef<T>, undefined> {
  readonly id: string;
  next(): Promise<IteratorResult<ObjectRef<T>, undefined>>;
  /** A ref that is ready when the generator has ended. */
  completed(): ObjectRef<undefined>;
  toString(): string;
  [Symbol.dispose](): void;
}

/** The value a ref stands for. */
export type RefValue<R> = R extends ObjectRef<infer T> ? T : never;

/** The values of a list of refs, position by position. */
export type RefValues<R extends readonly unknown[]> = { -readonly [K in keyof R]: RefValue<R[K]> };

/** A value, or a ref that is resolved to it before the call runs. */
export type Resolvable<T> = T | ObjectRef<T>;

/**
 * Parameters as a remote call takes them: each a value or a ref of it, optional
 * and rest parameters kept. Only the arguments themselves are resolved; a ref
 * inside an argument is handed over as a ref, and so should be declared as one.
 */
export type RemoteArgs<A extends readonly unknown[]> = { [K in keyof A]: Resolvable<A[K]> };
