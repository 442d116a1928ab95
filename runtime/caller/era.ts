let era = 0;

/**
 * Sessions of a process come one after the other, and their places and numbers may be the same: by its era what belongs to
 * one that has ended is told from what belongs to the next.
 */
export function currentEra(): number {
  return era;
}

/** A session begins or has ended. */
export function nextEra(): void {
  era++;
}
