import { expect, test } from "bun:test";
import type { ActorClass, ActorHandle, ActorMethod, AnyActorHandle, ObjectRef, ObjectRefGenerator } from "../../../runtime/types/mod.ts";
import { type Equal, get, getActor, holds, put, remote, typesOnly } from "./helpers.ts";

class Counter {
  n = 0;
  protected guarded = 1;
  #hidden = 2;
  constructor(n = 0) {
    this.n = n;
  }
  get double(): number {
    return this.n * 2 + this.#hidden;
  }
  incr(k = 1): number {
    return (this.n += k);
  }
  async load(path: string, ...tags: string[]): Promise<{ path: string }> {
    return { path: `${path}${tags.join()}${this.secret()}` };
  }
  *upTo(n: number): Generator<number, void> {
    for (let i = 0; i < n; i++) yield i;
  }
  async *stream(): AsyncGenerator<string> {
    yield "a";
  }
  divmod(a: number, b: number): [number, number] {
    return [Math.trunc(a / b), a % b];
  }
  identity<T>(x: T): T {
    return x;
  }
  arrow = (x: Date): number => x.getTime();
  private secret(): number {
    return this.guarded;
  }
}

class Parent {
  readonly child: ActorHandle<Counter>;
  constructor(child: ActorHandle<Counter>, first: { ref: ObjectRef<number> }) {
    this.child = child;
    first.ref.toString();
  }
  adopt(child: ActorHandle<Counter>): ObjectRef<number> {
    return child.incr.remote();
  }
  later(refs: ObjectRef<number>[]): Promise<number[]> {
    return get(refs);
  }
}

class Configured {
  static methods = { pair: { numReturns: 2 }, io: { concurrencyGroup: "io" } } as const;
  pair(): [string, number] {
    return ["a", 1];
  }
  io(): string {
    return "";
  }
}

class Loose {
  static methods = { pair: { numReturns: 2 } };
  pair(): [string, number] {
    return ["a", 1];
  }
}

abstract class Shape {
  abstract area(): number;
}

class Unmakeable {
  private constructor() {}
}

class Box<T> {
  value: T;
  constructor(value: T) {
    this.value = value;
  }
  take(): T {
    return this.value;
  }
}

declare const numberRef: ObjectRef<number>;

typesOnly(() => {
  const CounterActor = remote(Counter, { maxRestarts: 2 });
  holds<Equal<typeof CounterActor, ActorClass<typeof Counter>>>();

  // Constructor arguments are values or refs.
  const c = CounterActor.remote(10);
  holds<Equal<typeof c, ActorHandle<Counter>>>();
  CounterActor.remote();
  CounterActor.remote(numberRef);
  // @ts-expect-error a constructor argument of the wrong type
  CounterActor.remote("10");
  // @ts-expect-error a class is not called directly
  new CounterActor(10);

  // Every public method, and nothing else.
  holds<Equal<ReturnType<typeof c.incr.remote>, ObjectRef<number>>>();
  c.incr.remote(numberRef);
  holds<Equal<ReturnType<typeof c.load.remote>, ObjectRef<{ path: string }>>>();
  c.load.remote("a", put("b"), "c");
  holds<Equal<ReturnType<typeof c.upTo.remote>, ObjectRefGenerator<number>>>();
  holds<Equal<ReturnType<typeof c.stream.remote>, ObjectRefGenerator<string>>>();
  holds<Equal<ReturnType<typeof c.identity.remote>, ObjectRef<unknown>>>();
  holds<Equal<ReturnType<typeof c.arrow.remote>, ObjectRef<number>>>();
  holds<Equal<ReturnType<typeof c.__ready__.remote>, ObjectRef<true>>>();
  holds<Equal<typeof c.incr, ActorMethod<[k?: number], number>>>();
  // @ts-expect-error a field
  c.n;
  // @ts-expect-error a getter
  c.double;
  // @ts-expect-error protected
  c.guarded;
  // @ts-expect-error private
  c.secret;
  // @ts-expect-error no such method
  c.decr;
  // @ts-expect-error a method is not called directly
  c.incr();
  // @ts-expect-error an argument of the wrong type
  c.incr.remote("1");

  // Options of a call re-type its result.
  const both = c.divmod.options({ numReturns: 2, maxTaskRetries: 3 }).remote(7, 2);
  holds<Equal<typeof both, [ObjectRef<number>, ObjectRef<number>]>>();
  holds<Equal<ReturnType<typeof c.divmod.remote>, ObjectRef<[number, number]>>>();
  c.incr.options({ concurrencyGroup: "io" }).remote(5);
  // @ts-expect-error an option of tasks
  c.incr.options({ maxRetries: 3 });
  // @ts-expect-error an unknown option
  remote(Counter, { maxRestart: 2 });
  // @ts-expect-error an option of tasks
  remote(Counter, { numReturns: 2 });
  CounterActor.options({ name: "c", getIfExists: true, lifetime: "detached" }).remote(1);
  // @ts-expect-error concurrencyGroups belong to the class
  CounterActor.options({ concurrencyGroups: { io: 1 } });

  // Handles and refs are arguments, in constructors and methods.
  const p = remote(Parent).remote(c, { ref: numberRef });
  p.adopt.remote(c);
  p.later.remote([numberRef]);
  holds<Equal<ReturnType<typeof p.adopt.remote>, ObjectRef<ObjectRef<number>>>>();
  // @ts-expect-error a handle of another class
  p.adopt.remote(p);
  // @ts-expect-error a ref inside the argument, not a value
  p.later.remote([1]);
  const any: AnyActorHandle[] = [c, p];

  // `static methods` types what it states; widened, a tuple is taken to be returned whole.
  const configured = remote(Configured).remote();
  holds<Equal<ReturnType<typeof configured.pair.remote>, [ObjectRef<string>, ObjectRef<number>]>>();
  holds<Equal<ReturnType<typeof configured.io.remote>, ObjectRef<string>>>();
  const loose = remote(Loose).remote();
  holds<Equal<ReturnType<typeof loose.pair.remote>, [ObjectRef<string>, ObjectRef<number>]>>();

  // Generic classes degrade to unknown, unless told.
  const box = remote(Box).remote(5);
  holds<Equal<ReturnType<typeof box.take.remote>, ObjectRef<unknown>>>();
  const numbers = remote(Box<number>).remote(5);
  holds<Equal<ReturnType<typeof numbers.take.remote>, ObjectRef<number>>>();
  // @ts-expect-error a box of numbers
  remote(Box<number>).remote("5");

  // @ts-expect-error an abstract class cannot be made
  remote(Shape);
  // @ts-expect-error nor can one with a private constructor
  remote(Unmakeable);
  return any;
});

typesOnly(async () => {
  const named = await getActor<Counter>("c", { namespace: "n" });
  holds<Equal<typeof named, ActorHandle<Counter>>>();
  const untyped = await getActor("c");
  holds<Equal<ReturnType<NonNullable<typeof untyped.anything>["remote"]>, ObjectRef<unknown>>>();
});

test("the types of actors hold (checked by tsc)", () => {
  expect([Counter, Parent, Configured, Loose, Shape, Unmakeable, Box].length).toBe(7);
});
