import type { BufferSource } from "../caller/mod.ts";
import type { ObjectsContract } from "../contracts/mod.ts";
import { ObjectStoreFullError, OutOfDiskError } from "../errors/mod.ts";
import { ActorNumber, type Clock, type Kernel, systemPlaceOf, toldContract } from "../kernel/mod.ts";
import { Accounting, Allocator, bytesOf, COLLECT_EVERY_BYTES, Mapping, OutOfDiskFault, StaleMemory, StoreFullFault } from "../memory/mod.ts";
import type { Platform } from "../platform/mod.ts";

/**
 * A collection after much was stored or mapped takes tens of milliseconds, as it gives back what was copied from: not
 * while somebody is about to read what was stored. A thread that runs out of room collects at once all the same.
 */
const COLLECT_DELAY_MS = 20;

export function collectingLater(clock: Pick<Clock, "after">): (collect: () => void) => void {
  // From the end of the turn on: a copy of the value, which may take longer, is yet to be made in it.
  return (collect) => queueMicrotask(() => void clock.after(COLLECT_DELAY_MS, collect));
}

export interface SharedBufferOptions {
  platform: Pick<Platform, "collectGarbage" | "countsSharedMemory">;
  clock: Pick<Clock, "now" | "after">;
  /** Tells the object manager now of all that this place has let go of. */
  tellDrops(): void;
}

/** The thread's part of the node's store: buffers for new values, and news of views that are gone. */
export function sharedBuffers(kernel: Kernel, account: SharedArrayBuffer, options: SharedBufferOptions): BufferSource {
  const system = systemPlaceOf(kernel.place);
  const manager = toldContract<ObjectsContract>(kernel, system, ActorNumber.objects);
  const accounting = new Accounting(account);
  const stale = StaleMemory.of(options.platform, options.clock);
  const mapping = new Mapping({
    report: (ids) => manager.unmapped(ids),
    collectGarbage: () => options.platform.collectGarbage(),
    later: collectingLater(options.clock),
    stale,
    collectEveryBytes: Math.min(COLLECT_EVERY_BYTES, bytesOf(accounting.capacityPages) / 4),
  });
  const allocator = new Allocator(accounting, {
    place: kernel.place - system,
    requestSpace({ pages, ticket }) {
      // This thread may block now: what would free room must be on its way first.
      options.tellDrops();
      const attachment = kernel.attach(system, ticket);
      manager.needSpace(pages, attachment);
      kernel.flush();
    },
    beforeBlocking: () => mapping.collectIfWorthIt(),
  });
  return {
    allocate(bytes) {
      try {
        const buffer = allocator.allocate(bytes);
        mapping.allocated(buffer.byteLength);
        return buffer;
      } catch (fault) {
        throw asError(fault);
      }
    },
    slotOf: (buffer) => allocator.slotOf(buffer),
    released: (bytes) => mapping.released(bytes),
    mapped: (id, buffer) => mapping.mapped(id, buffer),
    collect: () => mapping.collect(),
    sweep() {
      const bytes = allocator.sweep();
      stale?.add(bytes);
    },
  };
}

function asError(fault: unknown): unknown {
  if (fault instanceof StoreFullFault) {
    const { neededBytes, usedBytes, capacityBytes, reason } = fault;
    return new ObjectStoreFullError({ requestedBytes: neededBytes, usedBytes, capacityBytes, reason });
  }
  if (fault instanceof OutOfDiskFault) return new OutOfDiskError({ requestedBytes: fault.neededBytes, reason: fault.reason });
  return fault;
}
