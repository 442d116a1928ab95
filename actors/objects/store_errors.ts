import { isMobulaError, ObjectLostError, ObjectStoreFullError, OutOfDiskError } from "../../runtime/errors/mod.ts";
import type { ObjectId } from "../../runtime/kernel/mod.ts";
import { OutOfDiskFault, StoreFullFault } from "../../runtime/memory/mod.ts";

/** The error that stands in the place of an object that the store could not give or take. */
export function asError(objectId: ObjectId, fault: unknown): unknown {
  if (isMobulaError(fault)) return fault;
  if (fault instanceof StoreFullFault) {
    const { neededBytes, capacityBytes, usedBytes, reason } = fault;
    return new ObjectStoreFullError({ requestedBytes: neededBytes, usedBytes, capacityBytes, reason });
  }
  if (fault instanceof OutOfDiskFault) return new OutOfDiskError({ requestedBytes: fault.neededBytes, reason: fault.reason });
  return new ObjectLostError({ objectId, reason: (fault as Error).message, cause: fault });
}

/** The error for an object that was let go of before it was asked for. */
export function unheld(objectId: string): ObjectLostError {
  return new ObjectLostError({ objectId, reason: "nobody held a ref to it any more" });
}
