import type { ActorRecord, CallOptions } from "../caller/mod.ts";
import type { ActorId } from "../kernel/mod.ts";
import { checkMethodOptions } from "../options/mod.ts";
import { callActor } from "./faces.ts";

interface Method {
  (...args: unknown[]): never;
  remote(...args: unknown[]): unknown;
  options(options: unknown): Method;
}

/**
 * A handle to an actor: `handle.method.remote(…)` for every method of its class. It can be passed, stored and
 * returned anywhere; when the last one is gone the actor ends, unless it is detached.
 *
 * The magic is all here: a proxy whose every property is a method to call, made when first used.
 */
export class ActorHandle {
  readonly #record: ActorRecord;
  readonly #methods: Map<string, Method> = new Map();

  private constructor(record: ActorRecord) {
    this.#record = record;
    record.handles++;
  }

  static of(record: ActorRecord): ActorHandle {
    const handle = new ActorHandle(record);
    return new Proxy(handle, {
      get: (target, property) => target.#property(property),
      has: (_target, property) => typeof property === "string",
      set: (_target, property) => {
        throw new TypeError(`a handle has no fields: "${String(property)}" belongs to the actor; set it in a method`);
      },
      getPrototypeOf: () => ActorHandle.prototype,
    });
  }

  static is(value: unknown): value is ActorHandle {
    return recordOf(value) !== undefined;
  }

  static recordOf(value: unknown): ActorRecord | undefined {
    return recordOf(value);
  }

  #property(property: string | symbol): unknown {
    const record = this.#record;
    if (property === RECORD) return record;
    if (typeof property === "symbol") return this.#symbol(property);
    // Not a promise, so that a handle can be returned and awaited past.
    if (property === "then") return undefined;
    if (property === "toString") return () => describe(record);
    if (property === "toJSON") return () => describe(record);
    let method = this.#methods.get(property);
    if (method === undefined) {
      method = methodOf(record, property);
      this.#methods.set(property, method);
    }
    return method;
  }

  #symbol(property: symbol): unknown {
    const record = this.#record;
    if (property === Symbol.toStringTag) return "ActorHandle";
    if (property === Symbol.toPrimitive) return () => describe(record);
    if (property === Symbol.dispose) {
      return () => {
        if (--record.handles === 0) record.onLastDisposed();
      };
    }
    if (property === Symbol.for("nodejs.util.inspect.custom") || property === Symbol.for("Deno.customInspect")) return () => describe(record);
    return undefined;
  }
}

const RECORD = Symbol("mobula.actorRecord");

function recordOf(value: unknown): ActorRecord | undefined {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== ActorHandle.prototype) return undefined;
  return (value as { [RECORD]?: ActorRecord })[RECORD];
}

function methodOf(record: ActorRecord, name: string, options?: CallOptions): Method {
  const method = function (): never {
    throw new TypeError(`method "${name}" of ${describe(record)} was called directly; use .${name}.remote(…) and fetch the result with await get(ref)`);
  } as unknown as Method;
  method.remote = (...args: unknown[]) => callActor(record, options === undefined ? { method: name, args } : { method: name, args, options });
  method.options = (stated: unknown) => methodOf(record, name, { ...options, ...portable(checkMethodOptions(stated)) });
  return method;
}

function portable(options: ReturnType<typeof checkMethodOptions>): CallOptions {
  const { retryExceptions, ...rest } = options;
  if (retryExceptions === undefined || typeof retryExceptions === "boolean") return { ...rest, ...(retryExceptions === undefined ? {} : { retryExceptions }) } as CallOptions;
  return { ...rest, retryExceptions: retryExceptions.map((kind) => (typeof kind === "string" ? kind : kind.name)) } as CallOptions;
}

function describe(record: ActorRecord): string {
  return `ActorHandle(${record.meta.className}, ${record.id as ActorId})`;
}
