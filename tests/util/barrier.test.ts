import { afterAll, beforeAll, expect, test } from "bun:test";
import { GetTimeoutError, get, init, remote, shutdown } from "mobula";
import { Barrier } from "mobula/util";
import { rejection } from "../rejection.ts";
import { until } from "./until.ts";

const arrive = remote(async (barrier: Barrier, rounds: number) => {
  const places: number[] = [];
  for (let round = 0; round < rounds; round++) places.push(await barrier.wait());
  return places;
});

beforeAll(async () => {
  await init({ numCpus: 4 });
});
afterAll(shutdown);

test("nobody goes on before all have arrived", async () => {
  const barrier = new Barrier(3);
  let passed = 0;
  const early = [barrier.wait(), barrier.wait()].map((wait) => wait.then(() => passed++));
  await until(async () => (await barrier.waiting()) === 2);
  expect(passed).toBe(0);
  await barrier.wait();
  await Promise.all(early);
  expect(passed).toBe(2);
});

test("serves tasks round after round, and tells each its place", async () => {
  const barrier = new Barrier(3);
  const places = await get([1, 2, 3].map(() => arrive.remote(barrier, 4)));
  for (let round = 0; round < 4; round++) {
    expect(places.map((each) => each[round]).sort()).toEqual([0, 1, 2]);
  }
});

test("who gives up no longer counts", async () => {
  const barrier = new Barrier(2);
  expect(await rejection(barrier.wait({ timeoutMs: 5 }))).toBeInstanceOf(GetTimeoutError);
  expect(await barrier.waiting()).toBe(0);
  expect((await Promise.all([barrier.wait(), barrier.wait()])).sort()).toEqual([0, 1]);
});

test("an impossible number of parties names itself", () => {
  expect(() => new Barrier(0)).toThrow(/parties/);
});
