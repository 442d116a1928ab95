/**
 * Actors: four counters, each with a state and a thread of its own. Calls to one actor run in the order in
 * which they were made; the four actors work side by side.
 *
 *   bun examples/counters.ts
 */
import { get, init, remote } from "mobula";

class Counter {
  #value = 0;

  increment(by = 1): number {
    this.#value += by;
    return this.#value;
  }
}

const CounterActor = remote(Counter);

await using _ray = await init();

const counters = Array.from({ length: 4 }, () => CounterActor.remote());

console.log(`once: ${JSON.stringify(await get(counters.map((counter) => counter.increment.remote())))}`);

for (let round = 0; round < 9; round++) {
  for (const counter of counters) counter.increment.remote();
}
console.log(`ten times more: ${JSON.stringify(await get(counters.map((counter) => counter.increment.remote())))}`);
