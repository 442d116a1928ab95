const NO_PLACE = -1;

/**
 * Signed counts by place, all of them nonzero. The usual case of one place costs two fields and no map.
 * Numbers of places are 0 or more; −2 and below are the owner's to name other holders with.
 */
export class PlaceCounts {
  #place: number = NO_PLACE;
  #count = 0;
  #more: Map<number, number> | undefined;

  get isEmpty(): boolean {
    return this.#place === NO_PLACE;
  }

  get(place: number): number {
    if (place === this.#place) return this.#count;
    return this.#more?.get(place) ?? 0;
  }

  add(place: number, n: number): void {
    if (n === 0) return;
    if (this.#place === NO_PLACE) {
      this.#place = place;
      this.#count = n;
    } else if (this.#place === place) {
      this.#count += n;
      if (this.#count === 0) this.#promote();
    } else {
      this.#more ??= new Map();
      const count = (this.#more.get(place) ?? 0) + n;
      if (count !== 0) this.#more.set(place, count);
      else this.#forget(place);
    }
  }

  /** Sets the count of `place` to 0. Returns what it was. */
  clear(place: number): number {
    const count = this.get(place);
    if (count === 0) return 0;
    if (place === this.#place) this.#promote();
    else this.#forget(place);
    return count;
  }

  *entries(): Generator<[place: number, count: number]> {
    if (this.#place === NO_PLACE) return;
    yield [this.#place, this.#count];
    if (this.#more !== undefined) yield* this.#more;
  }

  #promote(): void {
    const other = this.#more?.entries().next().value;
    [this.#place, this.#count] = other ?? [NO_PLACE, 0];
    if (other !== undefined) this.#forget(other[0]);
  }

  #forget(place: number): void {
    this.#more?.delete(place);
    if (this.#more?.size === 0) this.#more = undefined;
  }
}
