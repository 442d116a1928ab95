/** The place of a worker, thread or process: opened, linked, and told of. */
export { startWorkerPlace, type WorkerPlaceOptions } from "./worker_place.ts";
