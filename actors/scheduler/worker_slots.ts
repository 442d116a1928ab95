import type { PlaceId } from "../../runtime/kernel/mod.ts";
import type { WorkerKind, WorkerSlot } from "./worker_slot.ts";

/** The workers that a scheduler may lease. */
export class WorkerSlots {
  readonly #slots: Map<PlaceId, WorkerSlot> = new Map();

  add(slot: WorkerSlot): void {
    this.#slots.set(slot.place, slot);
  }

  get(place: PlaceId): WorkerSlot | undefined {
    return this.#slots.get(place);
  }

  delete(place: PlaceId): void {
    this.#slots.delete(place);
  }

  acknowledged(lease: number): void {
    for (const slot of this.#slots.values()) slot.acknowledged(lease);
  }

  /** Lessees are gone: they send nothing any more. */
  lesseesLost(isGone: (lessee: PlaceId) => boolean): void {
    for (const slot of this.#slots.values()) {
      for (const [lease, { lessee }] of [...slot.unacknowledged]) if (isGone(lessee)) slot.acknowledged(lease);
    }
  }

  /** A worker without a lease. */
  free(kind: WorkerKind, environment: string): WorkerSlot | undefined {
    for (const slot of this.#slots.values()) {
      if (slot.free && slot.kind === kind && slot.environment === environment) return slot;
    }
    return undefined;
  }

  /** A worker whose tasks all wait for objects; of several the one with fewest leases. */
  waiting(kind: WorkerKind, environment: string): WorkerSlot | undefined {
    let best: WorkerSlot | undefined;
    for (const slot of this.#slots.values()) {
      if (!slot.waiting || slot.kind !== kind || slot.environment !== environment) continue;
      if (best === undefined || slot.leases.size < best.leases.size) best = slot;
    }
    return best;
  }

  /** A worker without a lease that runs other things than what is wanted; none while another ends for that. */
  unfit(kind: WorkerKind, environment: string): WorkerSlot | undefined {
    let found: WorkerSlot | undefined;
    for (const slot of this.#slots.values()) {
      if (slot.retiring && slot.leases.size === 0) return undefined;
      if (slot.free && (slot.kind !== kind || slot.environment !== environment)) found ??= slot;
    }
    return found;
  }

  get size(): number {
    return this.#slots.size;
  }

  [Symbol.iterator](): Iterator<WorkerSlot> {
    return this.#slots.values();
  }
}
