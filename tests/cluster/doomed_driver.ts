/**
 * A driver of the cluster at MOBULA_ADDRESS that takes the 5 CPUs of its nodes with work that never ends, has more
 * waiting, and makes actors and objects. Prints `ready` when all of that is there, and lives until it is killed. Its
 * argument is a folder, where each task that runs makes a file.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { get, init, type ObjectRef, placementGroup, put, remote } from "../../mod.ts";
import { waitForCondition } from "../../testing/mod.ts";

await init({ address: process.env["MOBULA_ADDRESS"] as string });
const folder = process.argv[2] as string;

class Keeper {
  kept: unknown;
  keep(value: unknown): boolean {
    this.kept = value;
    return true;
  }
  async read(): Promise<unknown> {
    return await get((this.kept as ObjectRef<unknown>[])[0] as ObjectRef<unknown>);
  }
  async readLarge(): Promise<unknown> {
    return await get((this.kept as ObjectRef<unknown>[])[1] as ObjectRef<unknown>);
  }
}
const KeeperActor = remote(Keeper, { numCpus: 0 });
const large = put(new Float64Array(100_000));
const named = { namespace: "tests", numCpus: 0 } as const;
const lasting = KeeperActor.options({ ...named, name: "lasting", lifetime: "detached" }).remote();
const mortal = KeeperActor.options({ ...named, name: "mortal" }).remote();
const restartable = KeeperActor.options({ ...named, name: "restartable", maxRestarts: -1 }).remote();
await get([
  lasting.keep.remote([put("the driver's own"), put(new Float64Array(100_000))]),
  mortal.keep.remote(large),
  restartable.keep.remote(large),
]);
const groups = [placementGroup([{ CPU: 1 }], { name: "mortal" }), placementGroup([{ extra: 1 }], { name: "lasting", lifetime: "detached" })];
await Promise.all(groups.map((group) => group.ready()));

/** Hears no signal. */
const deaf = remote(async function deaf(path: string) {
  const { writeFileSync } = await import("node:fs");
  writeFileSync(path, "");
  await new Promise(() => {});
});
/** Hears nothing at all. */
const busy = remote(
  async function busy(path: string) {
    const { writeFileSync } = await import("node:fs");
    writeFileSync(path, "");
    for (;;);
  },
  { isolation: "process" },
);
/** Its own tasks are of its owner's job. */
const parent = remote(async function parent(path: string) {
  const { writeFileSync } = await import("node:fs");
  const child = deaf.options({ schedulingStrategy: "SPREAD" }).remote(`${path}-child`);
  writeFileSync(path, "");
  await new Promise(() => {});
  return child;
});
const files = ["deaf", "busy", "parent"].map((name) => join(folder, name));
const running = [deaf.remote(files[0] as string), busy.remote(files[1] as string), parent.remote(files[2] as string)];
await waitForCondition(() => [...files, join(folder, "parent-child")].every((path) => existsSync(path)));
const waiting = deaf.remote(join(folder, "waiting"));
const make = remote(() => new Float64Array(200_000), { numCpus: 0 });
const result = make.remote();
await get(result);
console.log("ready");
await get([...running, waiting]);
// All of them are held until then.
await get([mortal, restartable, lasting].map((keeper) => keeper.keep.remote([large, result])));
