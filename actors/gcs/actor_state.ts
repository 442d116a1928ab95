import type { Moves } from "./state_machine.ts";

/**
 * Where an actor is in its life, as Ray names it.
 *
 * ```text
 *  register
 *     │
 *     ▼  arguments ready            constructor ran           worker or node died,
 *  DEPENDENCIES_UNREADY ─► PENDING_CREATION ─────► ALIVE ──── restarts left ───► RESTARTING ⟲
 *     │                      │      │                │  ▲                           │   │
 *     │                      │      └─ restarts left ┼──┼──────────────────────────►│   │
 *     │                      │                       │  └── constructor ran again ──┘   │
 *     ▼                      ▼                       ▼                                  ▼
 *  DEAD ◄──────── killed, out of scope, owner or job gone, no restart left ────────────────
 * ```
 *
 * RESTARTING goes to itself when the new place dies too; each time the incarnation goes up by one, and
 * reports about an earlier incarnation are stale. DEAD is final.
 */
export type ActorState = "DEPENDENCIES_UNREADY" | "PENDING_CREATION" | "ALIVE" | "RESTARTING" | "DEAD";

export const ACTOR_MOVES: Moves<ActorState> = {
  DEPENDENCIES_UNREADY: ["PENDING_CREATION", "DEAD"],
  PENDING_CREATION: ["ALIVE", "RESTARTING", "DEAD"],
  ALIVE: ["RESTARTING", "DEAD"],
  RESTARTING: ["ALIVE", "RESTARTING", "DEAD"],
  DEAD: [],
};

/** What the restart policy looks at. */
export interface RestartBudget {
  readonly state: ActorState;
  /** Restarts allowed; -1 for ever. */
  readonly maxRestarts: number;
  /** Restarts used. */
  readonly numRestarts: number;
}

/**
 * The restart policy: what an actor becomes when the place it runs in is gone. One that had no place yet
 * (its arguments were not ready) has nothing to restart.
 */
export function stateAfterLoss(actor: RestartBudget): "RESTARTING" | "DEAD" {
  if (!ACTOR_MOVES[actor.state].includes("RESTARTING")) return "DEAD";
  return actor.maxRestarts === -1 || actor.numRestarts < actor.maxRestarts ? "RESTARTING" : "DEAD";
}
