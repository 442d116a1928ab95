import type { PlaceId } from "../kernel/mod.ts";

/** What is kept for templates, by the place that made one and its number there. */
export class TemplateMap<T> {
  readonly #byOwner: Map<PlaceId, Map<number, T>> = new Map();

  get(owner: PlaceId, number: number): T | undefined {
    return this.#byOwner.get(owner)?.get(number);
  }

  set(owner: PlaceId, number: number, value: T): void {
    const known = this.#byOwner.get(owner);
    if (known === undefined) this.#byOwner.set(owner, new Map([[number, value]]));
    else known.set(number, value);
  }

  delete(owner: PlaceId, number: number): void {
    const known = this.#byOwner.get(owner);
    if (known?.delete(number) === true && known.size === 0) this.#byOwner.delete(owner);
  }

  deleteOwner(owner: PlaceId): void {
    this.#byOwner.delete(owner);
  }

  /** The places whose templates are known. A copy. */
  owners(): PlaceId[] {
    return [...this.#byOwner.keys()];
  }

  /** What is kept for the templates of one place. */
  of(owner: PlaceId): [number: number, value: T][] {
    return [...(this.#byOwner.get(owner) ?? [])];
  }
}
