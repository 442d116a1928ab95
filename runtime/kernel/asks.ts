/** The questions of one place that wait for their answer. */
export class Asks {
  #next = 1;
  readonly #waiting: Map<number, { resolve(value: unknown): void; reject(error: unknown): void; to: number }> = new Map();

  open(to: number): { request: number; answer: Promise<unknown> } {
    const request = this.#next++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(request, { resolve, reject, to });
    return { request, answer: promise };
  }

  settle(request: number, value: unknown): void {
    this.#waiting.get(request)?.resolve(value);
    this.#waiting.delete(request);
  }

  fail(request: number, error: unknown): void {
    this.#waiting.get(request)?.reject(error);
    this.#waiting.delete(request);
  }

  /** Fails every question to `place`; to every place when none is named. */
  abandon(error: unknown, place?: number): void {
    for (const [request, { to }] of this.#waiting) if (place === undefined || to === place) this.fail(request, error);
  }

  get size(): number {
    return this.#waiting.size;
  }
}
