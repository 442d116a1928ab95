import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VirtualTime } from "../../simulation/mod.ts";

describe("virtual time", () => {
  test("has everything happen at its time, and what is at one time in the order in which it was planned", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 }), async (delays) => {
        const time = new VirtualTime();
        const realm = time.realm("scenario");
        const seen: [number, number][] = [];
        for (const [index, delay] of delays.entries()) realm.after(delay, () => void seen.push([time.elapsed, index]));
        await time.run(() => seen.length === delays.length);
        const expected = delays.map((delay, index) => [delay, index] as [number, number]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        expect(seen).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  test("goes on only when what an event has begun has come to rest", async () => {
    const time = new VirtualTime();
    const realm = time.realm("scenario");
    const seen: string[] = [];
    realm.after(1, async () => {
      for (let i = 0; i < 5; i++) await Promise.resolve();
      seen.push("settled");
    });
    realm.after(1, () => void seen.push("next"));
    await time.run(() => seen.length === 2);
    expect(seen).toEqual(["settled", "next"]);
  });

  test("what was taken back does not happen, nor anything in a realm that has ended", async () => {
    const time = new VirtualTime();
    const [realm, other] = [time.realm("worker"), time.realm("worker")];
    const seen: number[] = [];
    realm.after(1, () => void seen.push(1))();
    realm.after(2, () => realm.end());
    realm.after(3, () => void seen.push(3));
    other.after(4, () => void seen.push(4));
    await time.run(() => seen.includes(4));
    expect(seen).toEqual([4]);
  });

  test("a realm that stands still finds all that has come, in order, when it goes on", async () => {
    const time = new VirtualTime();
    const [realm, other] = [time.realm("worker"), time.realm("scenario")];
    const seen: [number, number][] = [];
    for (const at of [1, 2, 5, 30]) realm.after(at, () => void seen.push([at, time.elapsed]));
    other.after(1.5, () => realm.freeze());
    other.after(10, () => realm.thaw());
    await time.run(() => seen.length === 4);
    expect(seen).toEqual([
      [1, 1],
      [2, 10],
      [5, 10],
      [30, 30],
    ]);
  });

  test("says so when nothing can happen any more", async () => {
    let said: unknown;
    await new VirtualTime().run(() => false, { stuck: () => "one task waits" }).catch((error) => (said = error));
    expect(String(said)).toContain("nothing can happen any more: one task waits");
  });
});
