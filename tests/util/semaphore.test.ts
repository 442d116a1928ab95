import { afterAll, beforeAll, expect, test } from "bun:test";
import { GetTimeoutError, get, init, remote, shutdown } from "mobula";
import { Semaphore } from "mobula/util";
import { rejection } from "../rejection.ts";

class Gauge {
  #inside = 0;
  #most = 0;

  enter(): void {
    this.#inside++;
    this.#most = Math.max(this.#most, this.#inside);
  }

  leave(): void {
    this.#inside--;
  }

  most(): number {
    return this.#most;
  }
}
const GaugeActor = remote(Gauge, { numCpus: 0 });

const visit = remote(async (semaphore: Semaphore, gauge: ReturnType<typeof GaugeActor.remote>) => {
  await using _permit = await semaphore.acquire();
  await get(gauge.enter.remote());
  await get(gauge.leave.remote());
});

beforeAll(async () => {
  await init({ numCpus: 4 });
});
afterAll(shutdown);

test("lets no more than its permits in at a time, across tasks", async () => {
  const semaphore = new Semaphore(2);
  const gauge = GaugeActor.remote();
  await get(Array.from({ length: 24 }, () => visit.remote(semaphore, gauge)));
  const most = await get(gauge.most.remote());
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(2);
  expect(await semaphore.available()).toBe(2);
});

test("those who wait come in in order", async () => {
  const semaphore = new Semaphore(1);
  const first = await semaphore.acquire();
  const order: string[] = [];
  const waiting = ["a", "b", "c"].map((name) => semaphore.withPermit(() => order.push(name)));
  await first.release();
  await Promise.all(waiting);
  expect(order).toEqual(["a", "b", "c"]);
});

test("a permit is given back once, however often it is released", async () => {
  const semaphore = new Semaphore(1);
  const permit = await semaphore.acquire();
  expect(await semaphore.locked()).toBe(true);
  await permit.release();
  await permit.release();
  expect(await semaphore.available()).toBe(1);
});

test("an acquire that times out holds nothing", async () => {
  const semaphore = new Semaphore(1);
  const permit = await semaphore.acquire();
  const late = semaphore.acquire({ timeoutMs: 5 });
  expect(await rejection(late)).toBeInstanceOf(GetTimeoutError);
  await permit.release();
  expect(await semaphore.available()).toBe(1);
});

test("tryAcquire takes a permit or none", async () => {
  const semaphore = new Semaphore(1);
  const permit = await semaphore.tryAcquire();
  expect(await semaphore.tryAcquire()).toBe(undefined);
  await permit?.release();
  expect(await semaphore.tryAcquire()).toBeDefined();
});

test("withPermit gives its permit back when the work throws", async () => {
  const semaphore = new Semaphore(1);
  const work = semaphore.withPermit(() => {
    throw new Error("broken");
  });
  expect(String(await rejection(work))).toContain("broken");
  expect(await semaphore.available()).toBe(1);
});

test("the bare actor works by refs", async () => {
  const semaphore = Semaphore.remote(1);
  await get(semaphore.acquire.remote());
  expect(await get(semaphore.locked.remote())).toBe(true);
  await get(semaphore.release.remote());
  expect(await get(semaphore.locked.remote())).toBe(false);
});

test("an impossible number of permits names itself", () => {
  expect(() => new Semaphore(-1)).toThrow(/permits/);
});
