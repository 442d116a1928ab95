/** Writes batches to the SQLite file it is given, and tells each once it is applied, until it is killed. */
import { writeSync } from "node:fs";
import { openStorage } from "../../../actors/gcs/storage/mod.ts";

const storage = await openStorage(`sqlite:${process.argv[2]}`);
for (let i = 1; ; i++) {
  const value = new Uint8Array(1_000).fill(i);
  await storage.apply([
    { type: "put", table: "left", key: String(i), value },
    { type: "put", table: "right", key: String(i), value },
  ]);
  writeSync(1, `${i}\n`);
}
