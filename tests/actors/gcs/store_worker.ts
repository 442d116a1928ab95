/** Writes a row to the store it is told of, and answers with what is then there. */
import { parentPort, workerData } from "node:worker_threads";
import { openStorage } from "../../../actors/gcs/storage/mod.ts";

const storage = await openStorage(workerData as string);
await storage.apply([{ type: "put", table: "t", key: "a", value: new Uint8Array([1]) }]);
const rows = await storage.load("t");
await storage.close();
parentPort?.postMessage(rows);
