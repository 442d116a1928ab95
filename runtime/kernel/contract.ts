import type { Actor, Delivery, Envelope } from "./envelope.ts";
import type { PlaceId } from "./ids.ts";
import type { Kernel } from "./kernel.ts";
import { assertFits, type MethodShapes } from "./shape.ts";

/** What the methods of a contract may be told of their caller. */
export interface Caller {
  readonly from: PlaceId;
  readonly attachments: Delivery["attachments"];
}

/** A contract between places: methods that take plain data and a caller, and answer with plain data. */
export type Contract = { [method: string]: (...args: never[]) => unknown };

type Method = (...args: unknown[]) => unknown;

/** A contract as the other side sees it: the same methods, answered later. */
export type Remote<C> = {
  [K in keyof C as C[K] extends (...args: never[]) => unknown ? K : never]: C[K] extends (caller: Caller, ...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};

/** The same without an answer. */
export type Told<C> = {
  [K in keyof Remote<C>]: Remote<C>[K] extends (...args: infer A) => unknown ? (...args: A) => void : never;
};

/**
 * Makes an actor of an object that implements a contract: a string `op` calls the method of that name with
 * the caller and the fields, and its result or error goes back as the answer. `hot` takes numeric ops. Where the
 * kernel has shapes for the actor, a call that does not fit them is a fault, and the method is not called.
 */
export function serve<C extends object>(kernel: Kernel, implementation: C, hot?: Actor): Actor {
  const methods = implementation as Record<string, Method | undefined>;
  return {
    receive(envelope: Envelope, delivery: Delivery): void {
      const op = envelope[1];
      if (typeof op === "number") {
        hot?.receive(envelope, delivery);
        return;
      }
      const request = envelope[2] as number;
      const { from } = delivery;
      try {
        const args = envelope.slice(3);
        const shapes = kernel.shapes?.[envelope[0]];
        const method = methodOf(methods, op, shapes);
        if (method === undefined) throw new TypeError(`no method ${String(op).slice(0, 100)} in this contract`);
        if (shapes !== undefined) assertFits(op, shapes[op] ?? [], args);
        const result = method.call(implementation, delivery, ...args);
        if (result instanceof Promise) {
          result.then(
            (value) => kernel.answer(from, request, value),
            (error) => kernel.fault(from, request, error),
          );
        } else kernel.answer(from, request, result);
      } catch (error) {
        if (request === 0) throw error;
        kernel.fault(from, request, error);
      }
    },
  };
}

/** Only of a text, and never what every object has, as `constructor`: the other side chooses the name. */
function methodOf(methods: Record<string, Method | undefined>, op: string, shapes: MethodShapes | undefined): Method | undefined {
  if (typeof op !== "string" || op in Object.prototype || (shapes !== undefined && !Object.hasOwn(shapes, op))) return undefined;
  const method = methods[op];
  return typeof method === "function" ? method : undefined;
}

/** A typed way to ask the actor `number` at `place`. */
export function remoteContract<C>(kernel: Kernel, place: PlaceId, number: number): Remote<C> {
  return methodProxy(
    (method) =>
      (...args: unknown[]) =>
        kernel.ask(place, number, method, ...args),
  ) as Remote<C>;
}

/** A typed way to tell the actor `number` at `place` something that has no answer. */
export function toldContract<C>(kernel: Kernel, place: PlaceId, number: number): Told<C> {
  return methodProxy(
    (method) =>
      (...args: unknown[]) =>
        kernel.send(place, [number, method, 0, ...args]),
  ) as Told<C>;
}

function methodProxy(make: (method: string) => Method): object {
  const made = new Map<string, Method>();
  return new Proxy(Object.create(null) as object, {
    get(_target, property) {
      if (typeof property !== "string" || property === "then") return undefined;
      let method = made.get(property);
      if (method === undefined) {
        method = make(property);
        made.set(property, method);
      }
      return method;
    },
  });
}
