/** A manager in a thread of its own, for a test whose own thread blocks. */
import { MemoryDisk, ObjectStore } from "../../../actors/objects/mod.ts";
import { systemClock } from "../../../runtime/kernel/mod.ts";
import { Accounting, type SpaceRequest } from "../../../runtime/memory/mod.ts";

type Message =
  | { accounting: SharedArrayBuffer }
  | { request: SpaceRequest }
  | { seal: string; buffer: SharedArrayBuffer; slot: number; bytes: number }
  | { read: string };

const port = globalThis as unknown as {
  onmessage: (event: { data: Message }) => void;
  postMessage(message: unknown): void;
};
let store: ObjectStore;

port.onmessage = async ({ data }) => {
  if ("accounting" in data) {
    store = new ObjectStore({
      accounting: new Accounting(data.accounting),
      clock: systemClock,
      disk: new MemoryDisk(),
    });
    port.postMessage("ready");
  } else if ("request" in data) store.requestSpace(1, data.request);
  else if ("seal" in data) store.seal(data.seal, data.buffer, data);
  else {
    const held = await store.pin(data.read);
    port.postMessage({ first: new Uint8Array(held!.buffer!)[0], spilled: store.stats().objects.SPILLED });
    store.unpin(data.read);
  }
};
