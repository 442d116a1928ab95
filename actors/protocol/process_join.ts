import type { PlaceId } from "../../runtime/kernel/mod.ts";

/** How a child process finds its node: the name of the variable in its environment. Never on a command line. */
export const JOIN_VARIABLE = "MOBULA_JOIN";

/** What it finds there, as JSON. */
export interface ProcessJoin {
  readonly url: string;
  readonly token: string;
  readonly place: PlaceId;
  readonly isolation: "thread" | "process";
  /** What the node's object store takes. */
  readonly storeBytes: number;
  /** See `environmentKey`. */
  readonly environment: string;
}
