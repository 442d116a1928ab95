import type { BufferSource } from "../caller/mod.ts";
import type { ObjectsContract } from "../contracts/mod.ts";
import { ObjectStoreFullError, OutOfDiskError } from "../errors/mod.ts";
import { ActorNumber, type Kernel, systemPlaceOf, toldContract } from "../kernel/mod.ts";
import { Allocator, Mapping, OutOfDiskFault, StoreFullFault } from "../memory/mod.ts";
import type { Platform } from "../platform/mod.ts";

export interface SharedBufferOptions {
  platform: Pick<Platform, "collectGarbage">;
  /** Tells the object manager now of all that this place has let go of. */
  tellDrops(): void;
}

/** The thread's part of the node's store: buffers for new values, and news of views that are gone. */
export function sharedBuffers(kernel: Kernel, account: SharedArrayBuffer, options: SharedBufferOptions): BufferSource {
  const system = systemPlaceOf(kernel.place);
  const manager = toldContract<ObjectsContract>(kernel, system, ActorNumber.objects);
  const mapping = new Mapping({
    report: (ids) => manager.unmapped(ids),
    collectGarbage: () => options.platform.collectGarbage(),
  });
  const allocator = new Allocator(account, {
    place: kernel.place - system,
    requestSpace({ pages, ticket }) {
      // This thread may block now: what would free room must be on its way first.
      options.tellDrops();
      const attachment = kernel.attach(system, ticket);
      manager.needSpace(pages, attachment);
      kernel.flush();
    },
    beforeBlocking: () => mapping.collect(),
  });
  return {
    allocate(bytes) {
      try {
        return allocator.allocate(bytes);
      } catch (fault) {
        throw asError(fault);
      }
    },
    slotOf: (buffer) => allocator.slotOf(buffer),
    mapped: (id, buffer) => mapping.mapped(id, buffer),
    collect: () => mapping.collect(),
    sweep: () => void allocator.sweep(),
  };
}

function asError(fault: unknown): unknown {
  if (fault instanceof StoreFullFault) {
    const { neededBytes, usedBytes, capacityBytes } = fault;
    return new ObjectStoreFullError({ requestedBytes: neededBytes, usedBytes, capacityBytes, cause: fault });
  }
  if (fault instanceof OutOfDiskFault) return new OutOfDiskError({ requestedBytes: fault.neededBytes, cause: fault });
  return fault;
}
