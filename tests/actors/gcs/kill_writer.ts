/**
 * A control store that writes until it is killed: batches of a counter and two rows, each told on standard output
 * once its flush has resolved. It takes the store, the size of a row, and after which of its steps (every call of
 * SQLite, every write of a file) it is to kill itself: 0 is never.
 */
import { createRequire, syncBuiltinESMExports } from "node:module";
import { DatabaseSync } from "node:sqlite";
import { Gcs, openStorage } from "../../../actors/gcs/mod.ts";

const [, , option = "", size = "1000", last = "0"] = process.argv;
const fs = createRequire(import.meta.url)("node:fs") as typeof import("node:fs");
const tell = fs.writeSync;
let steps = 0;

/** Makes each call of a method one step: it ends the process when its turn has come. */
function counted(owner: object, name: string): void {
  const methods = owner as Record<string, (...args: unknown[]) => unknown>;
  const method = methods[name]!;
  methods[name] = function (this: unknown, ...args) {
    const result = method.apply(this, args);
    if (++steps === Number(last)) process.kill(process.pid, "SIGKILL");
    return result;
  };
}

if (last !== "0") {
  const probe = new DatabaseSync(":memory:");
  const statement: object = Object.getPrototypeOf(probe.prepare("SELECT 1")) as object;
  for (const name of ["exec", "prepare"]) counted(DatabaseSync.prototype, name);
  for (const name of ["run", "get", "all"]) counted(statement, name);
  counted(fs, "writeSync");
  syncBuiltinESMExports();
  probe.close();
  steps = 0;
}

const storage = await openStorage(option, { leaseMs: 400, standby: true });
const gcs = new Gcs({ clock: { now: () => 1 }, storage });
await gcs.recover();
for (let batch = 1; last === "0" || batch <= 4; batch++) {
  const number = gcs.counters.next("job");
  const value = new Uint8Array(Number(size)).fill(number);
  for (const side of ["left", "right"]) gcs.kv.put({ namespace: side, key: String(number), value });
  await gcs.flush();
  tell(1, `${number}\n`);
}
await gcs.close();
tell(1, "end\n");
