import type { Moves } from "./state_machine.ts";

/**
 * Where a node is in its life.
 *
 * ```text
 *  register ─► ALIVE ─── drain ───► DRAINING
 *                │                     │
 *                └──► DEAD ◄───────────┘   left, silent too long, or stopped
 * ```
 *
 * A DRAINING node gets no new work and finishes what it has. DEAD is final: a process that comes back takes
 * a new id, so that reports of its former life can't be taken for the new one's.
 */
export type NodeState = "ALIVE" | "DRAINING" | "DEAD";

export const NODE_MOVES: Moves<NodeState> = {
  ALIVE: ["DRAINING", "DEAD"],
  DRAINING: ["DEAD"],
  DEAD: [],
};
