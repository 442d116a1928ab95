import { describe, expect, test } from "bun:test";
import { Lookups } from "../../../actors/actor_manager/lookups.ts";
import { actorId, placeId } from "../../../runtime/kernel/mod.ts";

const [id, other] = [actorId(placeId(1, 1), 1), actorId(placeId(1, 1), 2)];
const [near, beside, far] = [placeId(2, 1), placeId(2, 2), placeId(3, 1)];

function lab(): { lookups: Lookups; holds: Map<string, number> } {
  const holds = new Map<string, number>();
  const count = (of: string, by: number): void => void holds.set(of, (holds.get(of) ?? 0) + by);
  return { lookups: new Lookups({ hold: (of) => count(of, 1), drop: (of) => count(of, -1) }), holds };
}

describe("an actor that was looked up from another node", () => {
  test("is kept until each who asked has said that its own hold is known, and no longer", () => {
    const { lookups, holds } = lab();
    lookups.found(id, near);
    lookups.found(id, near);
    lookups.found(id, far);
    expect(holds.get(id)).toBe(3);
    lookups.held(id, near);
    lookups.held(id, far);
    // Said once too often, and of what nobody asked for.
    lookups.held(id, far);
    lookups.held(other, near);
    expect([holds.get(id), holds.get(other)]).toEqual([1, undefined]);
    lookups.held(id, near);
    expect(holds.get(id)).toBe(0);
  });

  test("is not kept for a place or a node that is gone", () => {
    const { lookups, holds } = lab();
    for (const place of [near, beside, far]) lookups.found(id, place);
    lookups.placeLost(near);
    expect(holds.get(id)).toBe(2);
    lookups.nodeLost(2);
    expect(holds.get(id)).toBe(1);
    lookups.held(id, far);
    expect(holds.get(id)).toBe(0);
  });
});
