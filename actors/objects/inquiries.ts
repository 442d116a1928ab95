import type { ObjectId, PlaceId } from "../../runtime/kernel/mod.ts";
import { homeOf } from "../../runtime/references/mod.ts";
import type { Peers } from "./peers.ts";

/** What this node has asked other homes to tell of, once each; those of a turn together. */
export class Inquiries {
  readonly #peers: Peers;
  readonly #open: Set<ObjectId> = new Set();
  #unsent: Map<PlaceId, ObjectId[]> = new Map();

  constructor(peers: Peers) {
    this.#peers = peers;
  }

  get size(): number {
    return this.#open.size;
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
    await Promise.all([...homes].map((home) => this.#peers.acknowledged(home, (peer) => peer.caughtUp())));
  }

  #send(): void {
    const unsent = this.#unsent;
    this.#unsent = new Map();
    for (const [home, ids] of unsent) this.#peers.tell(home).want(ids);
  }
}
