import { expect, test } from "bun:test";
import { Keeping } from "../../../actors/actor_manager/mod.ts";

const spec = { id: "a1-1", template: 1, form: 0, data: [7], needs: [], keeps: [] } as const;
const keepingOf = (maxRestarts: number): Keeping => new Keeping(spec, { options: { maxRestarts } } as never, 1);

test("an actor that has lived is made anew at once; one that never does waits ever longer, up to 5 s", () => {
  const keeping = keepingOf(-1);
  expect([keeping.restartDelay(), keeping.restartDelay(), keeping.restartDelay(), keeping.restartDelay()]).toEqual([0, 50, 100, 200]);
  for (let i = 0; i < 20; i++) keeping.restartDelay();
  expect(keeping.restartDelay()).toBe(5_000);
  keeping.lives();
  expect(keeping.restartDelay()).toBe(0);
});

test("what an actor was made from is kept as long as it may be made anew", () => {
  const [once, often] = [keepingOf(0), keepingOf(1)];
  expect([once.data, often.data]).toEqual([[7], [7]]);
  once.lives();
  often.lives();
  expect([once.data, often.data]).toEqual([undefined, [7]]);
});

test("its creator and those who watch hear of it, once each, until they are gone", () => {
  const keeping = keepingOf(0);
  keeping.watch("a1-1", 1);
  expect(keeping.watchers).toEqual([1]);
  keeping.watch("a1-1", 2);
  keeping.watch("a1-1", 2);
  keeping.watch("a9-9", 3);
  expect(keeping.watchers).toEqual([1, 2]);
  expect([...(keeping.aliases ?? [])]).toEqual([["a9-9", [3]]]);
  keeping.forget((place) => place === 1);
  expect(keeping.watchers).toEqual([2]);
  const other = keepingOf(0);
  other.forget((place) => place === 1);
  expect(other.watchers).toEqual([]);
});

test("of an actor that may be made anew its arguments alone are kept, not the frame that they came in", () => {
  const frame = new Uint8Array(1_000_000).fill(7);
  const data = frame.subarray(10, 20);
  const kept = (form: 1 | 2, of: unknown): unknown => new Keeping({ ...spec, form, data: of }, { options: { maxRestarts: 1 } } as never, 1).data;
  const whole = kept(1, data) as Uint8Array;
  const each = kept(2, [[1, data, 10]]) as [number, Uint8Array, number][];
  expect([whole, each[0]?.[1]]).toEqual([data, data]);
  expect([whole.buffer.byteLength, each[0]?.[1].buffer.byteLength]).toEqual([10, 10]);
});
