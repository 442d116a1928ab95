import { parentPort, workerData } from "node:worker_threads";
import { CurrentTask } from "../../../runtime/worker/mod.ts";

/** Runs tasks of some microseconds, or next to none, until it is condemned; then says which was the last that began. */
const current = new CurrentTask(workerData);
let sequence = 0;
while (current.begins({ owner: 7, sequence: sequence + 1 })) {
  sequence++;
  for (let spins = (sequence % 5) * 500; spins > 0; spins--) Math.sqrt(spins);
  current.ended();
}
parentPort?.postMessage(sequence);
