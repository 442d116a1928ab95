interface Shortage {
  neededBytes: number;
  capacityBytes: number;
  usedBytes: number;
  /** Why nothing could be freed, for a person. */
  reason: string;
}

/** The store has no room for a value. Nothing that it held before is lost. */
export class StoreFullFault extends Error {
  override readonly name: string = "StoreFullFault";
  readonly neededBytes: number;
  readonly capacityBytes: number;
  readonly usedBytes: number;
  readonly reason: string;

  constructor({ neededBytes, capacityBytes, usedBytes, reason }: Shortage) {
    super(`No room for ${neededBytes} bytes in the object store (${usedBytes} of ${capacityBytes} in use): ${reason}`);
    this.neededBytes = neededBytes;
    this.capacityBytes = capacityBytes;
    this.usedBytes = usedBytes;
    this.reason = reason;
  }
}

/** The store is full and the disk takes no more. Nothing that either held before is lost. */
export class OutOfDiskFault extends Error {
  override readonly name: string = "OutOfDiskFault";
  readonly neededBytes: number;
  readonly reason: string;

  constructor({ neededBytes, reason, cause }: { neededBytes: number; reason: string; cause?: unknown }) {
    super(`No disk space to spill ${neededBytes} bytes: ${reason}`, cause === undefined ? undefined : { cause });
    this.neededBytes = neededBytes;
    this.reason = reason;
  }
}
