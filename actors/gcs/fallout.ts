import type { PlaceId } from "../../runtime/kernel/mod.ts";
/** An actor that was ended, or is to begin anew, while its place lives on: that place has to stop it. */
export interface StoppedActor {
  readonly actorId: string;
  readonly incarnation: number;
  readonly place: PlaceId;
  readonly nodeId?: string;
}

/** A placement group that was removed, and the nodes that have to free its bundles. */
export interface FreedGroup {
  readonly placementGroupId: string;
  readonly nodeIds: readonly string[];
}

/**
 * What one event (a death, a job's end, a kill) meant for the rest of the cluster. The tables are already
 * changed; this is what is left to do out there, and each list is in a deterministic order.
 */
export interface Fallout {
  /** To be placed and created again, in their new incarnation. */
  readonly restarting: string[];
  readonly dead: string[];
  readonly stop: StoppedActor[];
  /** To be placed again. */
  readonly reschedule: string[];
  readonly free: FreedGroup[];
  readonly endedJobs: string[];
}

export function noFallout(): Fallout {
  return { restarting: [], dead: [], stop: [], reschedule: [], free: [], endedJobs: [] };
}
