import { expect, test } from "bun:test";
import { ActorSeats } from "../../../actors/actor_manager/mod.ts";
import { resolveActorOptions } from "../../../runtime/options/mod.ts";

test("an actor that goes on to wait for other nodes is not asked for in this one's name any more", () => {
  const asked = new Set<unknown>();
  const admission = {
    admits: (candidate: unknown) => {
      asked.add(candidate);
      return false;
    },
    forget: (candidate: unknown) => asked.delete(candidate),
  };
  const seats = new ActorSeats({ admission, pool: {}, clock: {}, isolation: "thread", sharedHosts: 1, hosted: async () => 0 } as never);
  const template = { name: "A", options: resolveActorOptions({ numCpus: 1_000 }) };
  seats.find(
    { id: "a1-1", owner: 1, template: template as never },
    () => {},
    () => {},
  );
  expect(asked.size).toBe(1);
  expect(seats.takeUnplaced()).toHaveLength(1);
  expect(asked.size).toBe(0);
});
