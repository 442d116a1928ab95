import type { Resources } from "./resources.ts";

/** Distinct values shared at a time. Past it all are forgotten, which costs sharing and nothing else. */
const CAPACITY = 8_192;

/**
 * Makes equal values one object. Each message that arrives brings fresh copies of the same few node ids,
 * class names and resource maps; a hundred thousand rows must not keep a hundred thousand of them.
 */
export class Interner {
  readonly #strings = new Map<string, string>();
  readonly #resources = new Map<string, Resources>();

  string<T extends string | undefined>(value: T): T {
    if (value === undefined) return value;
    const known = this.#strings.get(value);
    if (known !== undefined) return known as T;
    if (this.#strings.size >= CAPACITY) this.#strings.clear();
    this.#strings.set(value, value);
    return value;
  }

  /** A frozen copy of `value`, shared with every equal one. */
  resources(value: Resources | undefined): Resources {
    if (!value) return NO_RESOURCES;
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    if (entries.length === 0) return NO_RESOURCES;
    const key = JSON.stringify(entries);
    let shared = this.#resources.get(key);
    if (!shared) {
      if (this.#resources.size >= CAPACITY) this.#resources.clear();
      this.#resources.set(key, (shared = Object.freeze(Object.fromEntries(entries))));
    }
    return shared;
  }
}

const NO_RESOURCES: Resources = Object.freeze({});
