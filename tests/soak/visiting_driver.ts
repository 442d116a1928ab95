/**
 * A driver of the cluster at MOBULA_ADDRESS that does what all do, says `done`, and, with the argument `stay`, does not end by
 * itself: it holds objects and actors then, and has work under way.
 */
import process from "node:process";
import { get, init, put, remote, shutdown } from "../../mod.ts";
import { mixedLoad } from "./load.ts";

await init({ address: process.env["MOBULA_ADDRESS"] as string });
await mixedLoad(`visitor ${process.pid}`, { processes: false, defines: true });
if (process.argv[2] === "stay") {
  class Keeper {
    keep(values: Float64Array): number {
      return values.length;
    }
  }
  const keeper = remote(Keeper, { numCpus: 0 }).remote();
  const large = put(new Float64Array(50_000));
  await get(keeper.keep.remote(large));
  const forever = remote(async () => await new Promise(() => {}), { numCpus: 0.1 }).remote();
  console.log("done");
  await get(forever);
}
console.log("done");
await shutdown();
