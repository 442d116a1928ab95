import type { Envelope } from "./envelope.ts";

interface Open {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly to: number;
  /** The question itself, where it may have to be asked again. */
  envelope: Envelope | undefined;
}

/** The questions of one place that wait for their answer. */
export class Asks {
  #next = 1;
  readonly #waiting: Map<number, Open> = new Map();

  open(to: number): { request: number; answer: Promise<unknown> } {
    const request = this.#next++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(request, { resolve, reject, to, envelope: undefined });
    return { request, answer: promise };
  }

  /** Keeps the question, to be asked again. */
  keep(request: number, envelope: Envelope): void {
    const open = this.#waiting.get(request);
    if (open !== undefined) open.envelope = envelope;
  }

  /** The questions to `place` that were kept and have no answer, in the order in which they were asked. */
  kept(place: number): Envelope[] {
    return Array.from(this.#waiting.values()).flatMap(({ to, envelope }) => (to === place && envelope !== undefined ? [envelope] : []));
  }

  /** The place that the question went to. */
  askedOf(request: number): number | undefined {
    return this.#waiting.get(request)?.to;
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
