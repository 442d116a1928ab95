import type { ActorCallOptions, MethodOptions, NumReturns } from "../options/mod.ts";
import type { ObjectRef, RemoteArgs } from "./object_ref.ts";
import type { Results } from "./results.ts";

/** A class that `remote` can make actors of. */
export type ActorConstructor = new (...args: never[]) => object;

/** The methods of an actor whose class is not known. */
export interface UnknownActor {
  [method: string]: (...args: unknown[]) => unknown;
}

/** Makes actors of a class; `C` is the type of the class itself, `typeof Counter`. */
export interface ActorClass<C extends ActorConstructor> {
  /** Creates an actor and returns its handle at once. */
  remote(...args: RemoteArgs<ArgumentsOf<C>>): ActorHandle<InstanceType<C>, MethodsOf<C>>;
  /** The same class with other options for its actors. */
  options(options: ActorCallOptions): ActorClass<C>;
}

/**
 * The remote face of an actor: every public method of `I` with `.remote()` and
 * `.options()`, and no fields. `M` is the type of the class's `static methods`.
 */
export type ActorHandle<I, M = NoMethods> = AnyActorHandle & {
  readonly [K in MethodNames<I>]: Method<I[K], StatedReturns<M, K>>;
};

/** What every handle has, whatever its class. */
export interface AnyActorHandle {
  readonly __ready__: {
    /** A ref that is ready when the constructor has run. */
    remote(): ObjectRef<true>;
  };
}

/** One method of a handle. It has no call signature: calling it directly throws. */
export interface ActorMethod<A extends readonly unknown[], R, N extends NumReturns | undefined = undefined> {
  /** Submits a call and returns at once. */
  remote(...args: RemoteArgs<A>): Results<R, N>;
  /** The same method with other options for its calls. */
  options<const O extends NumReturns | undefined = N>(options: MethodOptions & { readonly numReturns?: O }): ActorMethod<A, R, O>;
}

/** No `static methods`. */
export type NoMethods = Record<never, never>;

/** The type of a class's `static methods`. */
export type MethodsOf<C> = C extends { readonly methods: infer M } ? M : NoMethods;

type ArgumentsOf<C extends ActorConstructor> = C extends new (...args: infer A) => object ? A : never;

type AnyMethod = (...args: never[]) => unknown;

/** The names of public methods; private and protected ones are not in `keyof`. */
type MethodNames<I> = { [K in keyof I]-?: NonNullable<I[K]> extends AnyMethod ? K : never }[keyof I];

type Method<F, N extends NumReturns | undefined> = NonNullable<F> extends (...args: infer A) => infer R ? ActorMethod<A, R, N> : never;

type StatedReturns<M, K> = K extends keyof M ? (M[K] extends { readonly numReturns: infer N extends NumReturns } ? N : undefined) : undefined;
