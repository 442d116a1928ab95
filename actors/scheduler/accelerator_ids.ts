/** Shares are counted in steps of 0.0001, as resources are. */
const WHOLE = 10_000;

/**
 * Which of a node's accelerators are in whose hands. Who asks for whole ones gets them alone; who asks for a part
 * of one shares it with others, the fullest that has room, so that whole ones stay whole.
 */
export class AcceleratorIds {
  readonly #free: Map<string, number>;

  constructor(ids: readonly string[]) {
    this.#free = new Map(ids.map((id) => [id, WHOLE]));
  }

  /** Whether `take` would be met now. What is free in parts need not be free as a whole. */
  has(amount: number): boolean {
    return this.#choose(amount) !== undefined;
  }

  /** The ids for `amount`, to be given back with the same amount; none for 0, and none when they are not free. */
  take(amount: number): readonly string[] {
    const ids = this.#choose(amount) ?? [];
    this.#change(ids, -shareOf(amount));
    return ids;
  }

  give(ids: readonly string[], amount: number): void {
    this.#change(ids, shareOf(amount));
  }

  #choose(amount: number): readonly string[] | undefined {
    if (amount === 0) return [];
    const share = shareOf(amount);
    if (share === WHOLE) {
      const whole = [...this.#free].filter(([, free]) => free === WHOLE).map(([id]) => id);
      const count = Math.round(amount);
      return whole.length < count ? undefined : whole.slice(0, count);
    }
    let best: string | undefined;
    let room = Number.POSITIVE_INFINITY;
    for (const [id, free] of this.#free) {
      if (free < share || free >= room) continue;
      best = id;
      room = free;
    }
    return best === undefined ? undefined : [best];
  }

  #change(ids: readonly string[], by: number): void {
    for (const id of ids) this.#free.set(id, (this.#free.get(id) ?? 0) + by);
  }
}

/** What is taken of each accelerator: the amount itself below one, else all of it. */
function shareOf(amount: number): number {
  return amount < 1 ? Math.round(amount * WHOLE) : WHOLE;
}
