import type { Clock } from "../../runtime/kernel/mod.ts";
import type { Interner } from "./interner.ts";
import type { Journal } from "./journal.ts";
import type { GcsLimits } from "./limits.ts";
import type { PubSub } from "./pubsub.ts";

/** What every table is built on. The store makes one and shares it. */
export interface TableContext {
  /** Milliseconds since the Unix epoch. */
  readonly clock: Pick<Clock, "now">;
  readonly limits: GcsLimits;
  readonly journal: Journal;
  readonly pubsub: PubSub;
  readonly interner: Interner;
}
