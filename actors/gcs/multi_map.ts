/** Many values under a key, in the order added. An empty key costs nothing. */
export class MultiMap<K, V> {
  readonly #sets = new Map<K, Set<V>>();

  add(key: K, value: V): void {
    const set = this.#sets.get(key);
    if (set) set.add(value);
    else this.#sets.set(key, new Set([value]));
  }

  delete(key: K, value: V): void {
    const set = this.#sets.get(key);
    if (set?.delete(value) && set.size === 0) this.#sets.delete(key);
  }

  /** A copy, so that the caller may change the map as it goes. */
  get(key: K): V[] {
    return [...(this.#sets.get(key) ?? [])];
  }

  has(key: K): boolean {
    return this.#sets.has(key);
  }

  count(key: K): number {
    return this.#sets.get(key)?.size ?? 0;
  }

  get keyCount(): number {
    return this.#sets.size;
  }
}
