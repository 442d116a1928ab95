import type { ActorId, Clock } from "../../runtime/kernel/mod.ts";
import type { Gcs } from "../gcs/mod.ts";
import type { ClusterSeats } from "./cluster_seats.ts";
import type { Hosts } from "./hosts.ts";

/** How long a host goes on sending back calls that were made before their callers had heard of the move. Milliseconds. */
const SENDING_BACK_MS = 100;

export interface ActorMovesOptions {
  gcs: Gcs;
  clock: Clock;
  seats: Pick<ClusterSeats, "leave">;
  hosts: Hosts;
  /** Those who hold handles hear of the actor's state. */
  tell(id: ActorId): void;
  /** Finds the actor a place. */
  place(id: ActorId): void;
}

/**
 * Takes actors away from a node that is to be empty: each finishes there what it has begun, and is made anew elsewhere.
 * No call is lost by that: those that have not begun go back to their callers, who send them to the new place. It costs
 * the actor none of its restarts.
 */
export class ActorMoves {
  readonly #options: ActorMovesOptions;

  constructor(options: ActorMovesOptions) {
    this.#options = options;
  }

  /**
   * Actors that may never be made anew stay, and so do those that live in their creator's thread, and, until the bundles
   * have gone, those of placement groups that have bundles there.
   */
  vacate(nodeId: string): void {
    const { gcs, hosts } = this.#options;
    const groups = new Set(gcs.placementGroups.where(({ bundles }) => bundles.some((bundle) => bundle.nodeId === nodeId)));
    for (const { actorId, nodeId: at, state, place, incarnation, maxRestarts, isolation, placementGroupId: group } of gcs.actors.rows()) {
      if (at !== nodeId || state !== "ALIVE" || place === undefined || maxRestarts === 0 || isolation === "inline") continue;
      if (group !== undefined && groups.has(group)) continue;
      hosts.at(place).vacateActor(actorId, incarnation);
    }
  }

  /** Nothing runs in the actor any more, where it was. */
  left(id: ActorId, incarnation: number): void {
    const { gcs, clock, seats, hosts, tell, place } = this.#options;
    const before = gcs.actors.row(id);
    if (before?.incarnation !== incarnation || before.state !== "ALIVE" || before.place === undefined) return;
    const host = hosts.at(before.place);
    const detail = "its node was drained";
    gcs.actors.lose(id, { death: { cause: "terminated", detail }, restart: true, counted: false });
    const next = gcs.actors.row(id)?.incarnation;
    tell(id);
    clock.after(SENDING_BACK_MS, () => {
      host.stopActor(id, incarnation, detail);
      // Else it was killed meanwhile, and has found another place if it has one.
      if (gcs.actors.row(id)?.incarnation !== next || gcs.actors.row(id)?.state !== "RESTARTING") return;
      seats.leave(id, detail);
      place(id);
    });
  }
}
