/** A manager in a thread of its own, for a test whose own thread blocks. */
import { parentPort, workerData } from "node:worker_threads";
import { MemoryDisk, ObjectStore } from "../../../actors/objects/mod.ts";
import { systemClock } from "../../../runtime/kernel/mod.ts";
import { Accounting, type SpaceRequest } from "../../../runtime/memory/mod.ts";

type Message = { request: SpaceRequest } | { seal: string; buffer: SharedArrayBuffer; slot: number; bytes: number } | { read: string };

const port = parentPort!;
const store = new ObjectStore({ accounting: new Accounting(workerData as SharedArrayBuffer), clock: systemClock, disk: new MemoryDisk() });

port.on("message", async (data: Message) => {
  if ("request" in data) store.requestSpace(1, data.request);
  else if ("seal" in data) store.seal(data.seal, data.buffer, data);
  else {
    const held = await store.pin(data.read);
    port.postMessage({ first: new Uint8Array(held!.buffer!)[0], spilled: store.stats().objects.SPILLED });
    store.unpin(data.read);
  }
});
port.postMessage("ready");
