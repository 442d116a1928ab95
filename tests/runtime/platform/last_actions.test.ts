import { expect, test } from "bun:test";
import process from "node:process";
import { LastActions } from "../../../runtime/platform/last_actions.ts";
import { platform } from "../../../runtime/platform/mod.ts";

test("what runs at the end of a process is run by one listener, which goes with the last of it", () => {
  let listening = 0;
  let end = (): void => {};
  const actions = new LastActions((run) => {
    listening++;
    end = run;
    return () => listening--;
  });
  const ran: number[] = [];
  const takeBack = [1, 2, 3].map((each) => actions.add(() => ran.push(each)));
  expect(listening).toBe(1);
  takeBack[1]?.();
  takeBack[1]?.();
  end();
  expect(ran).toEqual([1, 3]);
  takeBack[0]?.();
  expect(listening).toBe(1);
  takeBack[2]?.();
  expect(listening).toBe(0);
  actions.add(() => ran.push(4));
  end();
  expect([listening, ran]).toEqual([1, [1, 3, 4]]);
});

test("as many as there are nodes of a test add one listener at the most", () => {
  const before = process.listenerCount("exit");
  const takeBack = Array.from({ length: 20 }, () => platform.onProcessExit(() => {}));
  expect(process.listenerCount("exit") - before).toBeLessThanOrEqual(1);
  for (const each of takeBack) each();
  expect(process.listenerCount("exit")).toBe(before);
});
