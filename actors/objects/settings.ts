/** The store's limits and times, each with its default. */
export interface StoreSettings {
  /** The part of the capacity in use at which spilling begins, as in Ray. */
  readonly spillAt: number;
  /** Bytes to spill at once if there are so many, as in Ray; a tenth of a small store. */
  readonly batchBytes: number;
  /** Spill files that are written at the same time. */
  readonly parallelWrites: number;
  /** The part of the capacity that may be buffers waiting for reuse. They are taken back for room at any time. */
  readonly cachedPart: number;
  /** How long buffers wait for reuse before their memory is given back; up to twice as long. */
  readonly trimAfterMs: number;
  /** How long a request waits for views to go before it is refused. */
  readonly fullGraceMs: number;
  /** How long the disk is left alone after it refused a write. */
  readonly diskRetryMs: number;
  /** How often a waiting request is looked at without news, as threads free memory without a word. */
  readonly recheckMs: number;
  /** Time between two calls to places to collect garbage. */
  readonly collectEveryMs: number;
}

export const STORE_DEFAULTS: StoreSettings = {
  spillAt: 0.8,
  batchBytes: 100 * 1024 * 1024,
  parallelWrites: 2,
  cachedPart: 1,
  trimAfterMs: 10_000,
  fullGraceMs: 2000,
  diskRetryMs: 5000,
  recheckMs: 20,
  collectEveryMs: 250,
};

/** Part of a small store that is spilled at once. */
export const SMALL_BATCH_PART = 0.1;

/** How large values travel between nodes. */
export interface TransferSettings {
  /** Bytes of one piece; the same on all nodes. What else a link carries waits for one at most. */
  readonly chunkBytes: number;
  /** Pieces of one value that are asked for and have not come. */
  readonly windowChunks: number;
  /** Bytes that a node has asked for and that have not come, over all values; one value is always let through. */
  readonly inFlightBytes: number;
  /** Nodes that one copy is taken from at the same time. */
  readonly maxSources: number;
  /** Copies that each node gives away, as long as others can: so a broadcast costs its owner no more, and forms a tree. */
  readonly copiesPerSource: number;
  /**
   * So often, and at most so many times, it is asked again from where to take a value when all that had it have failed: a
   * node that is gone is not known to be so everywhere at once. Longer than it takes to find a silent node dead.
   */
  readonly askAgainMs: number;
  readonly askAgainTimes: number;
}

export const TRANSFER_DEFAULTS: TransferSettings = {
  chunkBytes: 2 * 1024 * 1024,
  windowChunks: 8,
  inFlightBytes: 32 * 1024 * 1024,
  maxSources: 3,
  copiesPerSource: 2,
  askAgainMs: 250,
  askAgainTimes: 40,
};
