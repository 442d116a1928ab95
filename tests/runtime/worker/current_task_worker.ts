import { parentPort, workerData } from "node:worker_threads";
import { CurrentTask } from "../../../runtime/worker/mod.ts";

/** Of so many tasks one takes this long, in milliseconds: what has been read of it is still so when that is acted on. */
const LONG_ONE_IN = 200;
const LONG_MS = 0.2;

/** Runs tasks that take next to no time, and now and then a longer one, until it is condemned; then says which was the last that began. */
const current = new CurrentTask(workerData);
let sequence = 0;
while (current.begins({ owner: 7, sequence: sequence + 1 })) {
  sequence++;
  if (sequence % LONG_ONE_IN === 0) for (const end = performance.now() + LONG_MS; performance.now() < end; );
  current.ended();
}
parentPort?.postMessage(sequence);
