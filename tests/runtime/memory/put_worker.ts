/** A thread that puts and never gives up its turn: it can have no message while it works. */
import { parentPort, workerData } from "node:worker_threads";
import { Allocator } from "../../../runtime/memory/mod.ts";

export interface Order {
  accounting: SharedArrayBuffer;
  place: number;
  count: number;
  bytes: number;
  /** Whether it lets go of each object right after. */
  free?: boolean;
}

const { accounting, place, count, bytes, free } = workerData as Order;
const port = parentPort!;
const allocator = new Allocator(accounting, { place, requestSpace: (request) => port.postMessage({ request }) });
const seen = new Set<SharedArrayBuffer>();
let fault: string | undefined;
for (let i = 0; i < count && fault === undefined; i++) {
  try {
    const buffer = allocator.allocate(bytes);
    seen.add(buffer);
    new Uint8Array(buffer, 0, bytes).fill((place * 31 + i) % 251);
    port.postMessage({ seal: `p${place}-${i}`, buffer, slot: allocator.slotOf(buffer), bytes });
    if (free) port.postMessage({ free: `p${place}-${i}` });
  } catch (error) {
    fault = String(error);
  }
}
port.postMessage({ done: true, buffers: seen.size, fault });
