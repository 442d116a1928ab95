import { get, kv, type ObjectRef, remote } from "../../../mod.ts";
import type { Round } from "./round.ts";

const SHARDS = 3;
const WORKERS = 3;
const STEPS = 5;
const LENGTH = 14_000;

/** Additions and multiplications alone: every runtime has the same results. */
function gradientOf(weights: Float64Array, { shard, worker, step }: { shard: number; worker: number; step: number }): Float64Array {
  return weights.map((weight, index) => (weight * 0.25 - ((index * 7 + worker * 13 + shard * 5 + step) % 17)) * 0.125);
}

function applied(weights: Float64Array, gradients: readonly Float64Array[]): Float64Array {
  return weights.map((weight, index) => gradients.reduce((value, gradient) => value - (gradient[index] as number), weight));
}

function firstWeights({ seed, round }: Pick<Round, "seed" | "round">, shard: number): Float64Array {
  return Float64Array.from({ length: LENGTH }, (_, index) => ((index * 31 + seed + round + shard) % 101) / 4);
}

function digest(weights: Float64Array): number {
  let hash = 0;
  for (const weight of weights) hash = (Math.imul(hash, 33) + Math.floor(weight * 64)) | 0;
  return hash;
}

/**
 * Keeps one part of the weights. What each step came to is in the control store before anybody hears of it: an actor that
 * was made anew goes on from there, and a step that is asked for twice is done once.
 */
class Shard {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  async start(weights: Float64Array): Promise<Float64Array> {
    return await this.#keep(0, () => weights);
  }

  async apply(step: number, ...gradients: Float64Array[]): Promise<Float64Array> {
    return await this.#keep(step, async () => applied(await this.#at(step - 1), gradients));
  }

  async #keep(step: number, make: () => Float64Array | Promise<Float64Array>): Promise<Float64Array> {
    if (!(await kv.exists(`${this.#key}/${step}`))) {
      const made = await make();
      await kv.put(`${this.#key}/${step}`, new Uint8Array(made.slice().buffer), { overwrite: false });
    }
    return await this.#at(step);
  }

  async #at(step: number): Promise<Float64Array> {
    const bytes = (await kv.get(`${this.#key}/${step}`)) as Uint8Array;
    return new Float64Array(bytes.slice().buffer);
  }
}

const ShardActor = remote(Shard, { maxRestarts: -1, maxTaskRetries: -1, numCpus: 0 });
const gradient = remote(gradientOf, { maxRetries: -1 });
const digesting = remote(digest, { maxRetries: -1 });

/** Trains a model whose weights lie in several actors, with gradients that tasks make. */
export async function parameterServer(round: Round): Promise<number[]> {
  const prefix = `weights/${round.run}/${round.round}`;
  const shards = Array.from({ length: SHARDS }, (_, shard) => ShardActor.remote(`${prefix}/${shard}`));
  let weights: ObjectRef<Float64Array>[] = shards.map((actor, shard) => actor.start.remote(firstWeights(round, shard)));
  for (let step = 1; step <= STEPS; step++) {
    const before = weights;
    weights = shards.map((actor, shard) => {
      const own = before[shard] as ObjectRef<Float64Array>;
      const gradients = Array.from({ length: WORKERS }, (_, worker) => gradient.remote(own, { shard, worker, step }));
      const after = actor.apply.remote(step, ...gradients);
      for (const each of gradients) each[Symbol.dispose]();
      return after;
    });
    for (const ref of before) ref[Symbol.dispose]();
  }
  const digests = weights.map((ref) => digesting.remote(ref));
  for (const ref of weights) ref[Symbol.dispose]();
  const result = await get(digests, { timeoutMs: round.timeoutMs });
  for (const actor of shards) (actor as unknown as Disposable)[Symbol.dispose]();
  await kv.del(prefix, { prefix: true });
  return result;
}

export function parameterServerHere(round: Round): number[] {
  return Array.from({ length: SHARDS }, (_, shard) => {
    let weights = firstWeights(round, shard);
    for (let step = 1; step <= STEPS; step++) {
      const gradients = Array.from({ length: WORKERS }, (_, worker) => gradientOf(weights, { shard, worker, step }));
      weights = applied(weights, gradients);
    }
    return digest(weights);
  });
}
