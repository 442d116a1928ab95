import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  ACTOR_MOVES,
  IllegalMoveError,
  isFinal,
  JOB_MOVES,
  type Moves,
  mayMove,
  NODE_MOVES,
  PLACEMENT_GROUP_MOVES,
  stateAfterLoss,
} from "../../../actors/gcs/mod.ts";
import { move } from "../../../actors/gcs/state_machine.ts";

const machines: Record<string, { moves: Moves<string>; start: string; end: string[] }> = {
  actor: { moves: ACTOR_MOVES, start: "DEPENDENCIES_UNREADY", end: ["DEAD"] },
  node: { moves: NODE_MOVES, start: "ALIVE", end: ["DEAD"] },
  job: { moves: JOB_MOVES, start: "PENDING", end: ["STOPPED", "SUCCEEDED", "FAILED"] },
  "placement group": { moves: PLACEMENT_GROUP_MOVES, start: "PENDING", end: ["REMOVED"] },
};

for (const [name, { moves, start, end }] of Object.entries(machines)) {
  describe(`${name} states`, () => {
    const states = Object.keys(moves);

    test("every move in the table is taken, every other is refused and changes nothing", () => {
      for (const from of states) {
        for (const to of states) {
          const row = { state: from };
          if (mayMove(moves, from, to)) {
            move(moves, row, { to, what: name });
            expect(row.state).toBe(to);
          } else {
            expect(() => move(moves, row, { to, what: name })).toThrow(IllegalMoveError);
            expect(row.state).toBe(from);
          }
        }
      }
    });

    test("every state can be reached, and only the last ones are final", () => {
      const reached = new Set([start]);
      for (const state of reached) for (const next of moves[state]!) reached.add(next);
      expect([...reached].sort()).toEqual([...states].sort());
      expect(states.filter((state) => isFinal(moves, state)).sort()).toEqual([...end].sort());
    });

    test("an end can be reached from anywhere", () => {
      for (const from of states) {
        const reached = new Set([from]);
        for (const state of reached) for (const next of moves[state]!) reached.add(next);
        expect(end.some((state) => reached.has(state))).toBe(true);
      }
    });
  });
}

describe("restart policy", () => {
  test("an actor restarts as often as its budget says, and for ever with -1", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1, max: 6 }), fc.constantFrom("PENDING_CREATION", "ALIVE", "RESTARTING"), (maxRestarts, state) => {
        let numRestarts = 0;
        while (numRestarts < 10 && stateAfterLoss({ state, maxRestarts, numRestarts }) === "RESTARTING") numRestarts++;
        expect(numRestarts).toBe(maxRestarts === -1 ? 10 : maxRestarts);
      }),
    );
  });

  test("one that never had a place has nothing to restart", () => {
    expect(stateAfterLoss({ state: "DEPENDENCIES_UNREADY", maxRestarts: -1, numRestarts: 0 })).toBe("DEAD");
  });
});
