import type { BufferSource } from "../caller/mod.ts";
import { type ObjectsContract, PRIVATE_SLOT } from "../contracts/mod.ts";
import { ObjectStoreFullError } from "../errors/mod.ts";
import { ActorNumber, type Clock, type Kernel, systemPlaceOf, toldContract } from "../kernel/mod.ts";
import { Mapping } from "../memory/mod.ts";
import type { Platform } from "../platform/mod.ts";
import { collectingLater } from "./buffers.ts";

/** New values of so many bytes together leave at once, so that this process does not gather the turn's values. */
const FLUSH_BYTES = 16 * 1024 * 1024;

export interface PrivateBufferOptions {
  platform: Pick<Platform, "collectGarbage">;
  clock: Pick<Clock, "after">;
  /** What the node's store takes. */
  storeBytes: number;
}

/** Buffers of a process that shares no memory with its node: values are copied on their way out and in. */
export function privateBuffers(kernel: Kernel, options: PrivateBufferOptions): BufferSource {
  const manager = toldContract<ObjectsContract>(kernel, systemPlaceOf(kernel.place), ActorNumber.objects);
  // Nobody else counts the memory that is used here; but the collector must be asked to look at it here too.
  const mapping = new Mapping({
    report: () => {},
    collectGarbage: () => options.platform.collectGarbage(),
    later: collectingLater(options.clock),
  });
  let unsent = 0;
  return {
    allocate(bytes) {
      if (bytes > options.storeBytes) {
        const reason = "the value is larger than the whole store. Raise objectStoreMemory or store it in parts.";
        throw new ObjectStoreFullError({
          requestedBytes: bytes,
          usedBytes: 0,
          capacityBytes: options.storeBytes,
          reason,
        });
      }
      if (unsent > FLUSH_BYTES) {
        kernel.flush();
        unsent = 0;
      }
      unsent += bytes;
      mapping.allocated(bytes);
      return new SharedArrayBuffer(bytes);
    },
    slotOf: () => PRIVATE_SLOT,
    released: (bytes) => mapping.released(bytes),
    mapped(id, buffer) {
      mapping.mapped(id, buffer);
      // It is a copy: the node's own buffer has been read, and has no view here.
      manager.unmapped([id]);
    },
    collect: () => mapping.collect(),
    sweep: () => {},
  };
}
