/**
 * Where an object is, as its node's store sees it.
 *
 *   PENDING ──▶ IN_MEMORY ──▶ SPILLING ──▶ SPILLED ──▶ RESTORING
 *                 ▲  ▲  │        │           ▲  ▲ ▲        │ │
 *                 │  │  └────────┼───────────┘  │ └────────┘ │
 *                 │  └───────────┘  (written    │  (no room) │
 *                 │   (not written)  before)                 │
 *                 └──────────────────────────────────────────┘
 *
 * and from each of them FREED (nobody needs it, or it was a copy and its room was needed) and LOST (its bytes are
 * gone or wrong). Both may become PENDING again when a task makes the value anew.
 */
export type ObjectState = "PENDING" | "IN_MEMORY" | "SPILLING" | "SPILLED" | "RESTORING" | "FREED" | "LOST";

const MOVES: { readonly [from in ObjectState]: readonly ObjectState[] } = {
  PENDING: ["IN_MEMORY", "FREED", "LOST"],
  IN_MEMORY: ["SPILLING", "SPILLED", "FREED", "LOST"],
  SPILLING: ["IN_MEMORY", "SPILLED", "FREED", "LOST"],
  SPILLED: ["RESTORING", "FREED", "LOST"],
  RESTORING: ["IN_MEMORY", "SPILLED", "FREED", "LOST"],
  FREED: ["PENDING"],
  LOST: ["PENDING", "FREED"],
};

/** Whether the store has the value, in memory or on disk. */
export function hasValue(state: ObjectState | undefined): boolean {
  return state !== undefined && state !== "PENDING" && state !== "FREED" && state !== "LOST";
}

/** Whether nothing is known of the object. Of one that was let go of there may still be views. */
export function isUnknown(state: ObjectState | undefined): boolean {
  return state === undefined || state === "FREED";
}

export function mayMove(from: ObjectState, to: ObjectState): boolean {
  return MOVES[from].includes(to);
}

/** @throws Error on a move that is not in the diagram: a mistake in the store. */
export function move(record: { readonly id: string; state: ObjectState }, to: ObjectState): void {
  if (!mayMove(record.state, to)) throw new Error(`Object ${record.id} is ${record.state} and cannot become ${to}.`);
  record.state = to;
}
