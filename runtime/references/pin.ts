/**
 * What a place knows of an object or an actor, as others that need it see it. Refs, handles, values that contain
 * them and calls that pass them on count as users, one each. When the last has let go, the place does so at once,
 * without waiting for the collector.
 */
export interface Pin {
  readonly id: string;
  /** One user more. */
  hold(): void;
  /** One user less. */
  letGo(): void;
}
