/**
 * A parameter server. It holds the weights of a linear model; workers pull them, compute gradients on their
 * own data and push these back. Gradients go from the workers to the server as refs: the driver only passes
 * them on. Then the same with the weights sharded over two servers.
 *
 *   bun examples/parameter_server.ts [steps]
 */
import { parseArgs } from "node:util";
import { type ActorHandle, get, init, type ObjectRef, remote } from "mobula";

/** Holds the weights `from` to `to`. */
class ParameterServer {
  #from: number;
  #weights: Float64Array;

  constructor(from: number, to: number) {
    this.#from = from;
    this.#weights = new Float64Array(to - from);
  }

  pull(): Float64Array {
    return this.#weights;
  }

  /** Takes one step along the mean of the gradients and returns the new weights. */
  push(rate: number, ...gradients: Float64Array[]): Float64Array {
    this.#weights = this.#weights.map((weight, i) => {
      const sum = gradients.reduce((total, gradient) => total + (gradient[this.#from + i] ?? 0), 0);
      return weight - (rate * sum) / gradients.length;
    });
    return this.#weights;
  }
}

const Server = remote(ParameterServer);

/** The gradient of the squared error on this worker's data, whose answer is 1·x1 + 2·x2 + 3·x3 + … */
const gradient = remote((worker: number, ...shards: Float64Array[]) => {
  const weights = shards.flatMap((shard) => [...shard]);
  const result = new Float64Array(weights.length);
  for (let row = 0; row < 200; row++) {
    const x = weights.map((_, j) => Math.sin((worker * 200 + row + 1) * (j + 1)));
    const error = x.reduce((total, value, j) => total + value * ((weights[j] ?? 0) - (j + 1)), 0);
    for (const [j, value] of x.entries()) result[j]! += (2 * error * value) / 200;
  }
  return result;
});

await using _ray = await init();

const [argument = "100"] = parseArgs({ allowPositionals: true }).positionals;
const workers = [0, 1, 2, 3];

async function train(servers: ActorHandle<ParameterServer>[]): Promise<number[]> {
  let weights: ObjectRef<Float64Array>[] = servers.map((server) => server.pull.remote());
  for (let step = 0; step < Number(argument); step++) {
    const gradients = workers.map((worker) => gradient.remote(worker, ...weights));
    weights = servers.map((server) => server.push.remote(0.5, ...gradients));
  }
  return (await get(weights)).flatMap((shard) => [...shard]);
}

const single = await train([Server.remote(0, 8)]);
const sharded = await train([Server.remote(0, 4), Server.remote(4, 8)]);
console.log(`weights: ${single.map((weight) => weight.toFixed(2)).join(" ")}`);
console.log(`two shards learn the same: ${single.every((weight, i) => weight === sharded[i]) ? "yes" : "no"}`);
