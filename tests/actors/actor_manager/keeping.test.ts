import { expect, test } from "bun:test";
import { Keeping } from "../../../actors/actor_manager/mod.ts";

test("an actor that has lived is made anew at once; one that never does waits ever longer, up to 5 s", () => {
  const keeping = new Keeping({} as never, {} as never);
  expect([keeping.restartDelay(), keeping.restartDelay(), keeping.restartDelay(), keeping.restartDelay()]).toEqual([0, 50, 100, 200]);
  for (let i = 0; i < 20; i++) keeping.restartDelay();
  expect(keeping.restartDelay()).toBe(5_000);
  keeping.lives();
  expect(keeping.restartDelay()).toBe(0);
});
