import { get, getRuntimeContext, type ObjectRef, remote } from "../../../mod.ts";
import type { Round } from "./round.ts";

const SMALL_STEPS = 1_000;
const LARGE_STEPS = 24;
const LENGTH = 15_000;

function next(x: number, step: number): number {
  return (Math.imul(x, 1_103_515_245) + 12_345 + step) | 0;
}

function nextOfAll(values: Float64Array, step: number): Float64Array {
  return values.map((value) => next(value, step));
}

const stepping = remote(next, { maxRetries: -1, numCpus: 0.5 });
const steppingDeadly = remote(
  (x: number, step: number) => {
    if (getRuntimeContext().attempt === 0) process.exit(3);
    return next(x, step);
  },
  { maxRetries: -1, isolation: "process" },
);
const steppingAll = remote(nextOfAll, { maxRetries: -1 });
const first = remote((values: Float64Array) => values[0] as number, { maxRetries: -1 });

function startOf({ seed, round }: Pick<Round, "seed" | "round">): number {
  return (seed * 1_000 + round) | 0;
}

/** A chain of a thousand tasks, each of which takes the result of the one before, and a shorter one over large values. */
export async function chain(round: Round): Promise<number[]> {
  const start = startOf(round);
  let small: ObjectRef<number> = stepping.remote(start, 0);
  for (let step = 1; step < SMALL_STEPS; step++) {
    using before = small;
    const dies = round.deadly && step % 400 === 399;
    small = (dies ? steppingDeadly : stepping).remote(before, step);
  }
  let large: ObjectRef<Float64Array> = steppingAll.remote(new Float64Array(LENGTH).fill(start), 0);
  for (let step = 1; step < LARGE_STEPS; step++) {
    using before = large;
    large = steppingAll.remote(before, step);
  }
  using end = large;
  using result = small;
  using value = first.remote(end);
  return await get([result, value], { timeoutMs: round.timeoutMs });
}

export function chainHere(round: Round): number[] {
  const start = startOf(round);
  let [small, large] = [start, start];
  for (let step = 0; step < SMALL_STEPS; step++) small = next(small, step);
  for (let step = 0; step < LARGE_STEPS; step++) large = next(large, step);
  return [small, large];
}
