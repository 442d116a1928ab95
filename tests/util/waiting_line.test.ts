import { expect, test } from "bun:test";
import { WaitingLine } from "../../util/waiting_line.ts";

test("serves in the order of joining", async () => {
  const line = new WaitingLine<string, number>();
  const answers = Promise.all([line.join("a"), line.join("b"), line.join("c")]);
  const wishes: (string | undefined)[] = [];
  for (let turn = 0; turn < 3; turn++) {
    wishes.push(line.first);
    line.serve(turn);
  }
  expect(wishes).toEqual(["a", "b", "c"]);
  expect(await answers).toEqual([0, 1, 2]);
  expect(line.length).toBe(0);
});

test("a waiter is served or withdrawn, never both", async () => {
  const line = new WaitingLine<string, number>();
  const left = line.join("left", "ticket 1");
  const served = line.join("served", "ticket 2");
  expect(line.withdraw("ticket 1")).toBe(true);
  expect(line.first).toBe("served");
  line.serve(7);
  expect(line.withdraw("ticket 2")).toBe(false);
  expect(await Promise.all([left, served])).toEqual([undefined, 7]);
});

test("those who leave from the middle are passed over", async () => {
  const line = new WaitingLine<number, string>();
  const answers = Promise.all([0, 1, 2, 3].map((n) => line.join(n, `${n}`)));
  line.withdraw("1");
  line.withdraw("2");
  expect(line.length).toBe(2);
  line.serve("first");
  line.serve("last");
  expect(await answers).toEqual(["first", undefined, undefined, "last"]);
  expect(line.first).toBe(undefined);
});
