import type { Clock, ObjectId, PlaceId } from "../../runtime/kernel/mod.ts";
import { homeOf } from "../../runtime/references/mod.ts";
import { LATE_WORD_MS } from "./holdings.ts";
import type { Peers } from "./peers.ts";

/** How often it is looked whether word has come. */
const LOOK_EVERY_MS = 50;

interface InquiriesOptions {
  clock: Clock;
  peers: Peers;
  /** Whether nobody has told of an object of this home. */
  isUnknown(id: ObjectId): boolean;
  /** Nobody has told of it in time. */
  giveUp(id: ObjectId): void;
}

/** What this node has asked other homes to tell of, once each, those of a turn together; and what is to be told of here. */
export class Inquiries {
  readonly #options: InquiriesOptions;
  readonly #peers: Peers;
  readonly #open: Set<ObjectId> = new Set();
  readonly #unheard: Map<Promise<void>, ObjectId> = new Map();
  #unsent: Map<PlaceId, ObjectId[]> = new Map();

  constructor(options: InquiriesOptions) {
    this.#options = options;
    this.#peers = options.peers;
  }

  get size(): number {
    return this.#open.size + this.#unheard.size;
  }

  /** Somebody wants an object of this home of which word may still be on its way, from its owner or from who made it. */
  awaitWord(id: ObjectId): void {
    const { clock, isUnknown, giveUp } = this.#options;
    const over = Promise.withResolvers<void>();
    this.#unheard.set(over.promise, id);
    let looks = LATE_WORD_MS / LOOK_EVERY_MS;
    const look = (): void => {
      const unknown = isUnknown(id);
      if (unknown && --looks > 0) {
        clock.after(LOOK_EVERY_MS, look);
        return;
      }
      this.#unheard.delete(over.promise);
      if (unknown) giveUp(id);
      over.resolve();
    };
    clock.after(LOOK_EVERY_MS, look);
  }

  ask(id: ObjectId): void {
    if (this.#open.has(id)) return;
    this.#open.add(id);
    if (this.#unsent.size === 0) queueMicrotask(() => this.#send());
    const home = homeOf(id);
    const batch = this.#unsent.get(home);
    if (batch === undefined) this.#unsent.set(home, [id]);
    else batch.push(id);
  }

  /** The home has answered, or will not. */
  answered(id: ObjectId): void {
    this.#open.delete(id);
  }

  /** The home will answer once more, unasked. */
  reopen(id: ObjectId): void {
    this.#open.add(id);
  }

  /** Nothing more is to be expected of this home. */
  homeLost(home: PlaceId): void {
    this.#unsent.delete(home);
    for (const id of this.#open) if (homeOf(id) === home) this.#open.delete(id);
  }

  /** Resolves when all has been said that homes know of what was asked so far. */
  async caughtUp(): Promise<void> {
    this.#send();
    const homes = new Set([...this.#open].map(homeOf));
    const unheard = [...this.#unheard].filter(([, id]) => this.#options.isUnknown(id)).map(([over]) => over);
    await Promise.all([...unheard, ...[...homes].map((home) => this.#peers.acknowledged(home, (peer) => peer.caughtUp()))]);
  }

  #send(): void {
    const unsent = this.#unsent;
    this.#unsent = new Map();
    for (const [home, ids] of unsent) this.#peers.tell(home).want(ids);
  }
}
