import type { Realm } from "./realm.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** How long things take, in milliseconds, least and most. */
export type Span = readonly [least: number, most: number];

export interface PortOptions {
  random: SeededRandom;
  latencyMs: Span;
  /** Now and then what comes is later by up to this, and what follows on this channel waits: its thread has much to read. */
  stallMs: number;
}

/** A message in so many, where any are. */
const STALLED_ONE_IN = 50;

/** One end of a channel between two threads of a node: what is used of a `MessagePort`, in virtual time and in order. */
export class VirtualPort {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  /** The thread that this end has been given to. What comes before that waits. */
  #realm: Realm | undefined;
  #peer: VirtualPort | undefined;
  #waiting: unknown[] = [];
  #last = 0;
  #closed = false;
  readonly #options: PortOptions;

  private constructor(options: PortOptions) {
    this.#options = options;
  }

  static pair(options: PortOptions): [VirtualPort, VirtualPort] {
    const [one, other] = [new VirtualPort(options), new VirtualPort(options)];
    one.#peer = other;
    other.#peer = one;
    return [one, other];
  }

  /** Gives this end to a thread, and says it as the rest of the code does. */
  in(realm: Realm): MessagePort {
    this.#realm = realm;
    for (const data of this.#waiting.splice(0)) this.#arrive(data);
    return this as unknown as MessagePort;
  }

  postMessage(data: unknown): void {
    const peer = this.#peer;
    if (!this.#closed && peer !== undefined) peer.#arrive(data);
  }

  close(): void {
    this.#closed = true;
  }

  ref(): void {}

  unref(): void {}

  #arrive(data: unknown): void {
    if (this.#closed) return;
    const realm = this.#realm;
    if (realm === undefined) {
      this.#waiting.push(data);
      return;
    }
    const { random, latencyMs, stallMs } = this.#options;
    const late = stallMs > 0 && random.below(STALLED_ONE_IN) === 0 ? random.between(0, stallMs) : 0;
    this.#last = Math.max(this.#last, realm.now() + random.between(...latencyMs) + late);
    realm.at(this.#last, () => {
      if (!this.#closed) this.onmessage?.({ data });
    });
  }
}
