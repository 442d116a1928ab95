import { get, type ObjectRef, remote } from "../../../mod.ts";
import type { Round } from "./round.ts";

const ITEMS = 40;
const LENGTH = 15_000;

function* made({ seed, round }: Pick<Round, "seed" | "round">): Generator<Float64Array> {
  for (let item = 0; item < ITEMS; item++) {
    // Every other is large.
    const length = item % 2 === 0 ? LENGTH : 10;
    yield Float64Array.from({ length }, (_, index) => (index * 13 + seed + round + item) % 97);
  }
}

function transformed(values: Float64Array): Float64Array {
  return values.map((value, index) => value * 2 + (index % 3));
}

function folded(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

const producing = remote(made, { maxRetries: -1, numReturns: "streaming", generatorBackpressure: 4 });
const transforming = remote(transformed, { maxRetries: -1 });
const folding = remote(folded, { maxRetries: -1 });

/** A generator that is kept from running ahead, and two tasks for each of its items. */
export async function pipeline(round: Round): Promise<number[]> {
  const sums: ObjectRef<number>[] = [];
  for await (const item of producing.remote({ seed: round.seed, round: round.round })) {
    using own = item;
    using changed = transforming.remote(own);
    sums.push(folding.remote(changed));
  }
  const results = await get(sums, { timeoutMs: round.timeoutMs });
  for (const ref of sums) ref[Symbol.dispose]();
  return results;
}

export function pipelineHere(round: Round): number[] {
  return Array.from(made(round), (values) => folded(transformed(values)));
}
