import type { ObjectId } from "../kernel/mod.ts";
import { showInConsole } from "../platform/mod.ts";
import type { Entry } from "./entry.ts";

/**
 * A reference to a value that exists or will. Not a promise, so that it can be returned, stored and passed on:
 * `await get(ref)` gives the value. Disposing of it (`using ref = put(x)`) lets the value go at once instead of
 * when the collector finds the ref.
 */
export class ObjectRef<T = unknown> {
  declare readonly __value: () => T;
  /** Gone once the ref is disposed of: a variable that still names it must keep nothing. */
  #entry: Entry | undefined;
  #id: ObjectId | undefined;

  /** For Mobula itself; users get refs from `put` and `.remote()`. */
  constructor(entry: Entry) {
    this.#entry = entry;
    entry.hold();
  }

  /** @throws ReferenceError when the ref was disposed of, ObjectLostError when its session has ended */
  static entryOf(ref: ObjectRef<unknown>): Entry {
    const entry = ref.#entry;
    if (entry === undefined) throw new ReferenceError(`${ref} was disposed of; keep a ref as long as it is used`);
    entry.assertUsable();
    return entry;
  }

  static is(value: unknown): value is ObjectRef<unknown> {
    return typeof value === "object" && value !== null && #entry in value;
  }

  get id(): ObjectId {
    return this.#entry?.id ?? (this.#id as ObjectId);
  }

  toString(): string {
    return `ObjectRef(${this.id})`;
  }

  [Symbol.dispose](): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    this.#id = entry.id;
    this.#entry = undefined;
    entry.letGo();
  }

  /** A ref used as if it were its value is a forgotten `await get(ref)`; say so instead of computing nonsense. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new TypeError(`${this} was used as a value: it stands for a result that is fetched with \`await get(ref)\``);
  }

  toJSON(): never {
    throw new TypeError(`${this} cannot become JSON: fetch its value with \`await get(ref)\` first`);
  }
}

showInConsole(ObjectRef.prototype as ObjectRef, (ref) => `${ref.toString()} { use \`await get(ref)\` for its value }`);
