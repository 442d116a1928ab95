/** The place of a worker, thread or process: opened, linked, and told of. */
export type { ConsoleSink } from "./console_capture.ts";
export { EventLog } from "./event_log.ts";
export { startWorkerPlace, type WorkerPlaceOptions } from "./worker_place.ts";
