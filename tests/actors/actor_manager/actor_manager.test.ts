import { expect, test } from "bun:test";
import type { Death } from "../../../runtime/errors/mod.ts";
import { placeId } from "../../../runtime/kernel/mod.ts";
import { decodeValue } from "../../../runtime/values/mod.ts";
import { Rig } from "./rig.ts";

const creator = placeId(2, 3);
const deathOf = (wire: Uint8Array | undefined): Death => decodeValue(wire as Uint8Array) as Death;

test("an actor that the control store refuses is dead for its creator, and says why", () => {
  const rig = new Rig();
  rig.create(creator, { id: "a1-1", name: "x".repeat(2_000) });
  const [state] = rig.news(creator, "a1-1");
  expect(state?.[0]).toBe("DEAD");
  expect(deathOf(state?.[3])).toMatchObject({ cause: "start-failed", error: { message: expect.stringContaining("nameLength") } });
});

test("what an actor was to keep is let go when another has its name, and when none is made", () => {
  const rig = new Rig();
  rig.create(creator, { id: "a1-1", name: "s", getIfExists: true });
  rig.create(creator, { id: "a1-2", keeps: ["o1-1"] });
  rig.create(creator, { id: "a1-3", keeps: ["o1-2"], getIfExists: false });
  rig.create(creator, { id: "a1-4", keeps: ["o1-3"], name: "\0" });
  rig.create(creator, { id: "a1-5", keeps: ["o1-4"], name: "own" });
  expect(["o1-1", "o1-2", "o1-3", "o1-4"].map((id) => rig.holds.get(id))).toEqual([0, 0, 0, 1]);
});
