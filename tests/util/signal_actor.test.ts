import { afterAll, beforeAll, expect, test } from "bun:test";
import { type ActorHandle, get, init, remote, shutdown } from "mobula";
import { SignalActor, type SignalState } from "mobula/util";
import { until } from "./until.ts";

const waitThenAnswer = remote(async (signal: ActorHandle<SignalState>, answer: number) => {
  await get(signal.wait.remote());
  return answer;
});

beforeAll(async () => {
  await init({ numCpus: 4 });
});
afterAll(shutdown);

test("holds tasks back until it is sent, then for nobody", async () => {
  const signal = SignalActor.remote();
  const refs = [1, 2, 3].map((answer) => waitThenAnswer.remote(signal, answer));
  await until(async () => (await get(signal.curNumWaiters.remote())) === 3);
  signal.send.remote();
  expect(await get(refs)).toEqual([1, 2, 3]);
  expect(await get(waitThenAnswer.remote(signal, 4))).toBe(4);
});

test("sent with clear, lets those go who wait, and the next wait again", async () => {
  const signal = SignalActor.remote();
  const first = signal.wait.remote();
  signal.send.remote(true);
  await get(first);
  const second = signal.wait.remote();
  await until(async () => (await get(signal.curNumWaiters.remote())) === 1);
  signal.send.remote();
  await get(second);
  await get(signal.clear.remote());
  await get(signal.wait.remote(false));
});
