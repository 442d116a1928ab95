/** Something of the wire tree with slots: an array or a plain object. */
export type Holder = Record<PropertyKey, unknown>;

/** An object that was met on the walk: where its wire form stands, and its id once something refers to it. */
export interface Visit {
  readonly value: object;
  readonly holder: Holder;
  readonly key: PropertyKey;
  /** -1 until something refers to it. */
  id: number;
  /** What encodes it has not yet answered, so nothing may refer to it. */
  open: boolean;
}

/** Objects met are looked up in a list, which beats a Map while it is short. */
const maxListed = 8;

/** The objects met so far, by identity. Tree-shaped data pays one list entry an object, large data one Map entry. */
export class Visits {
  readonly #list: Visit[] = [];
  #index: Map<object, Visit> | undefined;

  get size(): number {
    return this.#list.length;
  }

  find(value: object): Visit | undefined {
    if (this.#index !== undefined) return this.#index.get(value);
    const list = this.#list;
    for (let i = 0; i < list.length; i++) if (list[i]!.value === value) return list[i];
    return undefined;
  }

  add(visit: Visit): void {
    this.#list.push(visit);
    if (this.#index !== undefined) this.#index.set(visit.value, visit);
    else if (this.#list.length > maxListed) this.#index = new Map(this.#list.map((each) => [each.value, each]));
  }

  /** Forgets and returns all but the first `size`. */
  cutBack(size: number): Visit[] {
    const forgotten = this.#list.splice(size);
    for (const { value } of forgotten) this.#index?.delete(value);
    return forgotten;
  }
}
