/** A use of a slot in the shared account, which stands for a buffer. */
export interface SlotUse {
  readonly slot: number;
  /** Which use of the slot this is; a slot with another stamp stands for another buffer or a later use. */
  stamp: number;
  readonly pages: number;
}

/** A buffer of the store, and its slot. */
export interface Block extends SlotUse {
  readonly buffer: SharedArrayBuffer;
}

/**
 * Another object for the same memory, as a message port would make it.
 *
 * A buffer that goes to user code must not be the object that an allocator or the manager keeps: the collector would
 * never find it unused. Between threads the port sees to that; within one, call this.
 */
export function rewrap(buffer: SharedArrayBuffer): SharedArrayBuffer {
  return structuredClone(buffer);
}
