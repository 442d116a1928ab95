import { describe, expect, test } from "bun:test";
import { slidingWindow } from "../../util/window.ts";

/** Work that ends when told: `finish(item)` resolves what was started for it. */
function manual(): { start(item: number): Promise<number>; finish(item: number): void; started: number[] } {
  const open = new Map<number, () => void>();
  const started: number[] = [];
  const start = (item: number): Promise<number> => {
    started.push(item);
    return new Promise((resolve) => open.set(item, () => resolve(item * 10)));
  };
  return { start, finish: (item) => open.get(item)?.(), started };
}

describe("slidingWindow", () => {
  test("gives results in input order when ordered, though they end in another", async () => {
    const work = manual();
    const results = slidingWindow([0, 1, 2], work.start, { size: 3, ordered: true });
    const first = results.next();
    work.finish(2);
    work.finish(1);
    work.finish(0);
    expect([(await first).value, ...(await Array.fromAsync(results))]).toEqual([0, 10, 20]);
  });

  test("gives results as they end when unordered", async () => {
    const work = manual();
    const results = slidingWindow([0, 1, 2], work.start, { size: 3, ordered: false });
    const first = results.next();
    work.finish(2);
    expect((await first).value).toBe(20);
    const second = results.next();
    work.finish(0);
    expect((await second).value).toBe(0);
    work.finish(1);
    expect(await Array.fromAsync(results)).toEqual([10]);
  });

  test("never starts more than its size ahead of the consumer, so an endless source is fine", async () => {
    let read = 0;
    function* endless(): Generator<number> {
      for (;;) yield read++;
    }
    const results = slidingWindow(endless(), async (item) => item, { size: 4, ordered: true });
    for (let expected = 0; expected < 50; expected++) {
      expect((await results.next()).value).toBe(expected);
      expect(read).toBeLessThanOrEqual(expected + 5);
    }
    await results.return();
  });

  test("closes the source when the consumer leaves", async () => {
    let closed = false;
    function* source(): Generator<number> {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        closed = true;
      }
    }
    for await (const item of slidingWindow(source(), async (item) => item, { size: 2, ordered: false })) {
      if (item === 3) break;
    }
    expect(closed).toBe(true);
  });

  test("yields what is there while an asynchronous source keeps it waiting", async () => {
    const more = Promise.withResolvers<number>();
    async function* source(): AsyncGenerator<number> {
      yield 1;
      yield await more.promise;
    }
    const results = slidingWindow(source(), async (item) => item, { size: 2, ordered: true });
    expect((await results.next()).value).toBe(1);
    more.resolve(2);
    expect(await Array.fromAsync(results)).toEqual([2]);
  });

  test("a failed item throws at its turn, after the results before it", async () => {
    const start = async (item: number): Promise<number> => {
      if (item === 2) throw new Error("two");
      return item;
    };
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      for await (const item of slidingWindow([0, 1, 2, 3], start, { size: 4, ordered: true })) seen.push(item);
    };
    await expect(run()).rejects.toThrow("two");
    expect(seen).toEqual([0, 1]);
  });

  test("a source that throws ends the iteration with its error", async () => {
    function* source(): Generator<number> {
      yield 1;
      throw new Error("no more");
    }
    const results = slidingWindow(source(), async (item) => item, { size: 1, ordered: true });
    expect((await results.next()).value).toBe(1);
    await expect(results.next()).rejects.toThrow("no more");
  });
});
