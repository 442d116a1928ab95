/**
 * Batch prediction in two ways. Tasks have no memory, so each loads the model for its batch; the actors of
 * an `ActorPool` load it once, in their constructor, and use it for every batch that the pool hands them.
 *
 *   bun examples/batch_prediction.ts [batches]
 */
import { parseArgs } from "node:util";
import { get, init, remote } from "mobula";
import { ActorPool } from "mobula/util";

/** A stand-in for a large model: slow to load, quick to use. */
function loadModel(): (x: number) => number {
  const weights = Float64Array.from({ length: 2_000_000 }, (_, i) => Math.sin(i) / (i + 1));
  const bias = weights.reduce((total, weight) => total + weight, 0);
  return (x) => (x + bias > 50 ? 1 : 0);
}

/** How many in the batch the model says yes to. */
const predict = remote((batch: number[]) => {
  const model = loadModel();
  return batch.map(model).reduce((a, b) => a + b, 0);
});

class Predictor {
  #model = loadModel();
  #batches = 0;

  predict(batch: number[]): number {
    this.#batches++;
    return batch.map(this.#model).reduce((a, b) => a + b, 0);
  }

  batches(): number {
    return this.#batches;
  }
}

const PredictorActor = remote(Predictor);

await using _ray = await init();

const [argument = "20"] = parseArgs({ allowPositionals: true }).positionals;
const batches = Array.from({ length: Number(argument) }, (_, b) => Array.from({ length: 100 }, (_, i) => (b + i) % 100));
const total = (counts: number[]): number => counts.reduce((a, b) => a + b, 0);

let start = performance.now();
const byTasks = total(await get(batches.map((batch) => predict.remote(batch))));
console.log(`tasks: ${batches.length} loads, ${(performance.now() - start).toFixed(0)} ms`);

start = performance.now();
const actors = [PredictorActor.remote(), PredictorActor.remote()];
const pool = new ActorPool(actors);
const byActors = total(await Array.fromAsync(pool.map((actor, batch) => actor.predict.remote(batch), batches)));
console.log(`actors: ${actors.length} loads, ${(performance.now() - start).toFixed(0)} ms`);

const handled = total(await get(actors.map((actor) => actor.batches.remote())));
console.log(`said yes: ${byTasks} by tasks, ${byActors} by actors, who handled ${handled} batches`);
