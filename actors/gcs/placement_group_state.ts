import type { Moves } from "./state_machine.ts";

/**
 * Where a placement group is in its life, as Ray names it.
 *
 * ```text
 *              every bundle reserved        every bundle committed
 *  PENDING ──────────────────────► PREPARED ─────────────────────► CREATED
 *     ▲                            │  ▲   │                            │ a bundle's node died
 *     └── the first reservation ───┘  │   └── a repeated one failed ──┐▼
 *         failed                      └──────────────────────── RESCHEDULING
 *
 *  any of them ── removed ─► REMOVED
 * ```
 */
export type PlacementGroupState = "PENDING" | "PREPARED" | "CREATED" | "RESCHEDULING" | "REMOVED";

export const PLACEMENT_GROUP_MOVES: Moves<PlacementGroupState> = {
  PENDING: ["PREPARED", "REMOVED"],
  PREPARED: ["CREATED", "PENDING", "RESCHEDULING", "REMOVED"],
  CREATED: ["RESCHEDULING", "REMOVED"],
  RESCHEDULING: ["PREPARED", "REMOVED"],
  REMOVED: [],
};
