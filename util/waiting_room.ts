/**
 * Options for actors in which callers wait for each other. They compute nothing, so they take no CPU and
 * share a worker; and any number of callers may wait inside, because those who would wake them must
 * always get in.
 */
export const WAITING_ROOM: {
  readonly numCpus: 0;
  readonly isolation: "shared";
  readonly maxConcurrency: number;
} = { numCpus: 0, isolation: "shared", maxConcurrency: 1_000_000 };
