import type { PlaceId } from "../../runtime/kernel/mod.ts";
import { homeOf } from "../../runtime/references/mod.ts";
import type { Peers } from "./peers.ts";

/**
 * What this node holds of other homes' objects and actors: each home counts the node once, however many places here
 * hold the id.
 *
 * A drop leaves only when all holds that were told before it, to whatever home, have been acknowledged. So one who lets
 * go of a container, and holds what was in it, never has the first known before the second.
 */
export class Borrowed {
  readonly #peers: Peers;
  #holds: Map<PlaceId, string[]> = new Map();
  #drops: Map<PlaceId, string[]> = new Map();
  readonly #unacknowledged: Set<Promise<void>> = new Set();
  /** Drops that wait until holds are acknowledged. */
  readonly #late: Set<Map<PlaceId, string[]>> = new Set();
  #scheduled = false;

  constructor(peers: Peers) {
    this.#peers = peers;
  }

  /** Holds of which no home has said that it knows them. */
  get size(): number {
    return this.#unacknowledged.size;
  }

  hold(id: string): void {
    this.#put(this.#holds, id);
  }

  drop(id: string): void {
    this.#put(this.#drops, id);
  }

  /** Another counts for that home from now on, which is told all that this node holds: nothing of what waits is news. */
  forget(home: PlaceId): void {
    this.#holds.delete(home);
    this.#drops.delete(home);
    for (const drops of this.#late) drops.delete(home);
  }

  /** Resolves when all that is held now is known where it is counted. */
  settled(): Promise<void> {
    this.#tellHolds();
    if (this.#unacknowledged.size === 0) return Promise.resolve();
    return Promise.all(this.#unacknowledged).then(() => {});
  }

  #put(batches: Map<PlaceId, string[]>, id: string): void {
    const home = homeOf(id);
    if (this.#peers.isLost(home)) return;
    const batch = batches.get(home);
    if (batch === undefined) batches.set(home, [id]);
    else batch.push(id);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    this.#tellHolds();
    if (this.#drops.size === 0) return;
    const drops = this.#drops;
    this.#drops = new Map();
    if (this.#unacknowledged.size === 0) {
      this.#tellDrops(drops);
      return;
    }
    this.#late.add(drops);
    void this.settled().then(() => {
      this.#late.delete(drops);
      this.#tellDrops(drops);
    });
  }

  #tellHolds(): void {
    if (this.#holds.size === 0) return;
    const holds = this.#holds;
    this.#holds = new Map();
    for (const [home, ids] of holds) {
      const acknowledged = this.#peers.acknowledged(home, (peer) => peer.hold(ids)).then(() => void this.#unacknowledged.delete(acknowledged));
      this.#unacknowledged.add(acknowledged);
    }
  }

  #tellDrops(drops: ReadonlyMap<PlaceId, string[]>): void {
    for (const [home, ids] of drops) if (!this.#peers.isLost(home)) this.#peers.tell(home).drop(ids);
  }
}
