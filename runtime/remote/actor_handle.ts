import type { ActorRecord, CallOptions } from "../caller/mod.ts";
import { checkMethodOptions } from "../options/mod.ts";
import { showInConsole } from "../platform/mod.ts";
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
 * The magic is all here: a proxy whose every property is a method to call, made when it is asked for. There may be a
 * hundred thousand handles: none keeps its methods.
 */
export class ActorHandle {
  readonly #record: ActorRecord;
  #disposed = false;

  private constructor(record: ActorRecord) {
    this.#record = record;
    record.hold();
  }

  static of(record: ActorRecord): ActorHandle {
    return new Proxy(new ActorHandle(record), TRAPS);
  }

  static is(value: unknown): value is ActorHandle {
    return behind(value) !== undefined;
  }

  /** @throws ReferenceError when the handle was disposed of */
  static recordOf(value: unknown): ActorRecord | undefined {
    const handle = behind(value);
    return handle === undefined ? undefined : ActorHandle.live(handle);
  }

  /** @throws ReferenceError when the handle was disposed of, ActorNotFoundError when its session has ended */
  static live(handle: ActorHandle): ActorRecord {
    if (handle.#disposed) throw new ReferenceError(`${handle.toString()} was disposed of; keep a handle as long as it is used`);
    handle.#record.assertCurrent();
    return handle.#record;
  }

  /** What the proxy gives for a property of the handle that it stands before. */
  static property(handle: ActorHandle, property: string | symbol): unknown {
    return typeof property === "symbol" ? handle.#symbol(property) : handle.#named(property);
  }

  toString(): string {
    const { meta, id } = this.#record;
    return `ActorHandle(${meta.className}, ${id})`;
  }

  #named(property: string): unknown {
    // Not a promise, so that a handle can be returned and awaited past.
    if (property === "then") return undefined;
    if (property === "constructor") return ActorHandle;
    if (property === "toString" || property === "toJSON") return () => this.toString();
    return lastMethod(this, property);
  }

  #symbol(property: symbol): unknown {
    if (property === BEHIND) return this;
    if (property === Symbol.toStringTag) return "ActorHandle";
    if (property === Symbol.toPrimitive) return () => this.toString();
    if (property === Symbol.dispose) {
      return () => {
        if (this.#disposed) return;
        this.#disposed = true;
        this.#record.letGo();
      };
    }
    return undefined;
  }
}

const TRAPS: ProxyHandler<ActorHandle> = {
  get: (target, property) => ActorHandle.property(target, property),
  has: (_target, property) => typeof property === "string",
  set: (_target, property) => refuse(property),
  defineProperty: (_target, property) => refuse(property),
  deleteProperty: (_target, property) => refuse(property),
  getPrototypeOf: () => ActorHandle.prototype,
};

function refuse(property: string | symbol): never {
  throw new TypeError(`a handle has no fields: "${String(property)}" belongs to the actor; set it in a method`);
}

// A console looks behind the proxy.
showInConsole(ActorHandle.prototype, (handle) => handle.toString());

const BEHIND = Symbol("mobula.actorHandle");

/** The handle behind a proxy. */
function behind(value: unknown): ActorHandle | undefined {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== ActorHandle.prototype) return undefined;
  return (value as { [BEHIND]?: ActorHandle })[BEHIND];
}

/** The method that was asked for last, for turns that call one very often. It names a handle, so it goes with its turn. */
let last: { handle: ActorHandle; name: string; method: Method } | undefined;
let forgets = false;

function lastMethod(handle: ActorHandle, name: string): Method {
  if (last?.handle === handle && last.name === name) return last.method;
  const method = methodOf(handle, name);
  last = { handle, name, method };
  if (!forgets) {
    forgets = true;
    queueMicrotask(forgetLast);
  }
  return method;
}

function forgetLast(): void {
  last = undefined;
  forgets = false;
}

function methodOf(handle: ActorHandle, name: string, options?: CallOptions): Method {
  const method = ((): never => {
    throw new TypeError(
      `method "${name}" of ${handle.toString()} was called directly; use .${name}.remote(…) and fetch the result with await get(ref)`,
    );
  }) as unknown as Method;
  method.remote = (...args: unknown[]) => {
    const record = ActorHandle.live(handle);
    return callActor(record, options === undefined ? { method: name, args } : { method: name, args, options });
  };
  method.options = (stated: unknown) => {
    const checked = checkMethodOptions(stated);
    checkGroup(checked.concurrencyGroup, ActorHandle.live(handle));
    return methodOf(handle, name, { ...options, ...portable(checked) });
  };
  return method;
}

function checkGroup(group: string | undefined, { meta: { className, groups } }: ActorRecord): void {
  if (group === undefined || groups.includes(group)) return;
  const known = groups.length === 0 ? "it has none; state concurrencyGroups in remote()" : groups.join(", ");
  throw new RangeError(`options(): option "concurrencyGroup" must be one of the groups of ${className} (${known}), not "${group}"`);
}

function portable(options: ReturnType<typeof checkMethodOptions>): CallOptions {
  const { retryExceptions, ...rest } = options;
  if (retryExceptions === undefined || typeof retryExceptions === "boolean")
    return { ...rest, ...(retryExceptions === undefined ? {} : { retryExceptions }) } as CallOptions;
  return {
    ...rest,
    retryExceptions: retryExceptions.map((kind) => (typeof kind === "string" ? kind : kind.name)),
  } as CallOptions;
}
