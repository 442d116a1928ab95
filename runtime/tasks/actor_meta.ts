/** What callers need to know of a method; left out where it is an ordinary one. */
export interface MethodMeta {
  numReturns?: number | "streaming";
  concurrencyGroup?: string;
  maxTaskRetries?: number;
  retryExceptions?: boolean | readonly string[];
  generatorBackpressure?: number;
  timeoutMs?: number;
}

/** What callers need to know of an actor: the same for all of a template; travels with its handles. */
export interface ActorMeta {
  readonly className: string;
  readonly methods: Record<string, MethodMeta>;
  /** Names of its concurrency groups. */
  readonly groups: readonly string[];
  readonly maxTaskRetries: number;
  readonly maxPendingCalls: number;
  readonly generatorBackpressure: number;
  readonly timeoutMs?: number;
}
