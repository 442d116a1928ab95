import { ActorNumber, type Clock, type Kernel, type PlaceId, remoteContract } from "../../runtime/kernel/mod.ts";
import type { HostContract } from "../../runtime/worker/mod.ts";
import type { ClassQueue } from "./class_queue.ts";
import type { GrantedLeases } from "./granted_leases.ts";
import type { Workers } from "./local_scheduler_options.ts";
import type { WorkerSlot } from "./worker_slot.ts";
import type { WorkerSlots } from "./worker_slots.ts";

/** A worker that has had nothing to do for so long ends, if there are more than are kept. */
export const IDLE_WORKER_MS = 2_000;
const LOOK_EVERY_MS = 1_000;
/** One that has not answered by then does not yield: it counts as free until it does. What it is given meanwhile it gives back. */
const ANSWER_MS = 100;

interface RetirementsOptions {
  kernel: Kernel;
  clock: Clock;
  slots: WorkerSlots;
  leases: GrantedLeases;
  workers: Pick<Workers, "retire">;
  /** Workers that stay when they have nothing to do: as many as there are CPUs. */
  kept: number;
  /** A worker may be leased again. */
  freed(): void;
}

/** Lets workers end that have done what they have, each for a reason of its own. */
export class Retirements {
  readonly #options: RetirementsOptions;
  #looking = false;

  constructor(options: RetirementsOptions) {
    this.#options = options;
  }

  /** It ends when what it has is done: its leases are called back. */
  retire(place: PlaceId): void {
    const { slots, leases } = this.#options;
    const slot = slots.get(place);
    if (slot === undefined) return;
    slot.retiring = true;
    this.returned(slot);
    for (const lease of slot.leases) leases.revoke(lease);
  }

  /** A worker has returned a lease. */
  returned(slot: WorkerSlot): void {
    if (slot.retiring && slot.leases.size === 0) this.#options.workers.retire(slot.place);
  }

  /** There are as many workers as there may be: one of another kind or environment makes room. */
  makeRoomFor({ kind, environment }: ClassQueue): void {
    const unfit = this.#options.slots.unfit(kind, environment);
    if (unfit !== undefined) this.retire(unfit.place);
  }

  /**
   * Gives back, in time, what a burst has left: the longest idle worker ends first, while there are more than CPUs, as with
   * Ray (after 1 s there). One on which others depend, for what it has submitted or made, says so and stays.
   */
  look(): void {
    const { clock, slots, kept } = this.#options;
    if (this.#looking || slots.size <= kept) return;
    this.#looking = true;
    clock.after(LOOK_EVERY_MS, () => {
      this.#looking = false;
      for (const slot of surplus(slots, { kept, before: clock.now() - IDLE_WORKER_MS })) void this.#dismiss(slot);
      this.look();
    });
  }

  async #dismiss(slot: WorkerSlot): Promise<void> {
    const { kernel, clock, freed } = this.#options;
    let waits = true;
    const stays = (): void => {
      if (!waits) return;
      waits = false;
      slot.retiring = false;
      slot.freeSinceMs = clock.now();
      freed();
    };
    slot.asked = true;
    slot.retiring = true;
    const stopWaiting = clock.after(ANSWER_MS, stays);
    const worker = remoteContract<Pick<HostContract, "dismiss">>(kernel, slot.place, ActorNumber.executor);
    const ends = await worker.dismiss().catch(() => false);
    stopWaiting();
    slot.asked = false;
    if (ends) this.retire(slot.place);
    else stays();
  }
}

/** The workers that are not needed: of those that have been free since `before`, the longest, as many as there are beyond `kept`. */
export function surplus(slots: Iterable<WorkerSlot>, { kept, before }: { kept: number; before: number }): WorkerSlot[] {
  let staying = 0;
  const idle: WorkerSlot[] = [];
  for (const slot of slots) {
    if (slot.retiring || slot.asked) continue;
    staying++;
    if (slot.free && slot.freeSinceMs <= before) idle.push(slot);
  }
  return idle.sort((a, b) => a.freeSinceMs - b.freeSinceMs).slice(0, Math.max(0, staying - kept));
}
