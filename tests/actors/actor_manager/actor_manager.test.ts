import { expect, test } from "bun:test";
import { LastWords, recordOf } from "../../../actors/actor_manager/last_words.ts";
import { MemoryStorage } from "../../../actors/gcs/mod.ts";
import type { Death } from "../../../runtime/errors/mod.ts";
import { placeId, workerId } from "../../../runtime/kernel/mod.ts";
import { decodeValue, encodeWhole } from "../../../runtime/values/mod.ts";
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

test("what watches an actor is told of its states until its place is gone, or its node", () => {
  const rig = new Rig();
  const [near, far, other] = [placeId(3, 4), placeId(4, 1), placeId(5, 1)];
  rig.create(creator, { id: "a1-1", name: "s", getIfExists: true, maxRestarts: -1 });
  for (const place of [near, far, other]) rig.manager.watch({ from: place, attachments: [] }, "a1-1");
  rig.create(far, { id: "a4-1" });
  rig.manager.placeLost(near);
  rig.manager.nodeLost(4);
  rig.sent.length = 0;
  rig.manager.started({ from: rig.seat, attachments: [] }, "a1-1", 0);
  const told = [near, far, creator, other].map((place) => rig.news(place, "a1-1").length);
  expect([told, rig.news(far, "a4-1")]).toEqual([[0, 0, 1, 1], []]);
});

test("those who hold handles of an actor that is made anew hear how it died, where and when", () => {
  const rig = new Rig();
  rig.create(creator, { id: "a1-1", maxRestarts: 1 });
  rig.manager.started({ from: rig.seat, attachments: [] }, "a1-1", 0);
  rig.manager.kill({ from: creator, attachments: [] }, "a1-1", false);
  const state = rig.news(creator, "a1-1").find(([phase]) => phase === "RESTARTING");
  expect(deathOf(state?.[3])).toMatchObject({ cause: "killed", at: 1, workerId: workerId(rig.seat) });
  rig.manager.started({ from: rig.seat, attachments: [] }, "a1-1", 1);
  expect(rig.news(creator, "a1-1").at(-1)).toEqual(["ALIVE", rig.seat, 1]);
});

test("how an actor died is told by the next head, with the error that ended it", async () => {
  const storage = new MemoryStorage({ kept: true });
  const before = new Rig(storage);
  await before.gcs.recover();
  before.create(creator, { id: "a1-1" });
  before.manager.started({ from: before.seat, attachments: [] }, "a1-1", 0);
  const error = new RangeError("no such account");
  before.manager.fallen(before.gcs.placeLost(before.seat, recordOf({ cause: "uncaught", pid: 77, error })));
  await before.gcs.close();
  const told = deathOf(before.news(creator, "a1-1").at(-1)?.[3]);
  const after = new Rig(storage.reopen());
  await after.gcs.recover();
  after.manager.watch({ from: creator, attachments: [] }, "a1-1");
  await after.gcs.settled();
  const [state] = after.news(creator, "a1-1");
  expect(state?.[0]).toBe("DEAD");
  const expected = { cause: "uncaught", actorId: "a1-1", at: 1, pid: 77, workerId: workerId(before.seat), error: { message: "no such account" } };
  expect([told, deathOf(state?.[3])]).toMatchObject([expected, expected]);
});

test("an error too large for the tables is told whole all the same, as long as its head lives", () => {
  const rig = new Rig();
  rig.create(creator, { id: "a1-1" });
  const data = new Uint8Array(rig.gcs.limits.deathErrorBytes);
  rig.manager.started({ from: rig.seat, attachments: [] }, "a1-1", 0, encodeWhole(Object.assign(new Error("too much"), { data })));
  expect(rig.gcs.actors.row("a1-1")?.death).toMatchObject({ cause: "constructor" });
  expect(rig.gcs.actors.row("a1-1")?.death?.error).toBeUndefined();
  rig.manager.watch({ from: placeId(5, 1), attachments: [] }, "a1-1");
  for (const place of [creator, placeId(5, 1)]) {
    expect(deathOf(rig.news(place, "a1-1").at(-1)?.[3])).toMatchObject({ error: { message: "too much", data } });
  }
});

test("last words are kept of the latest dead, and no more of them than there is room for", () => {
  const words = new LastWords(3);
  for (const id of ["a", "b", "c", "d"]) words.keep(id, new Uint8Array(10));
  expect(["a", "b", "c", "d"].map((id) => words.has(id))).toEqual([false, true, true, true]);
  const large = new Uint8Array(40 * 2 ** 20);
  words.keep("b", large);
  words.keep("e", large);
  expect(["b", "c", "d", "e"].map((id) => words.has(id))).toEqual([false, false, false, true]);
});
