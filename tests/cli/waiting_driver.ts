/**
 * A driver with an actor, a large object that a task has been given, and a task, an actor and a placement group that no
 * node can have. Ends when it is killed.
 */
import { get, init, placementGroup, put, remote } from "../../mod.ts";

await init({ address: "auto" });
class Counter {
  readonly count: number = 1;
  add(other: Float64Array): number {
    return this.count + other.length;
  }
}
const counter = remote(Counter, { numCpus: 0 }).remote();
const large = put(new Float64Array(50_000));
await get(counter.add.remote(large));
const huge = remote(async function huge() {}, { numCpus: 64 }).remote();
const tall = remote(Counter, { resources: { tpu: 3 }, name: "tall" }).remote();
placementGroup([{ CPU: 1 }, { CPU: 32 }], { name: "wide" });
console.log("ready");
await get(huge);
// All are held until then: an actor of which nobody has a handle waits for no node.
await get([counter.add.remote(large), tall.add.remote(large)]);
