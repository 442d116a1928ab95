/** A place: one realm with an event loop that takes part. */
export { sharedBuffers } from "./buffers.ts";
export { FaultReport } from "./fault_report.ts";
export { openPlace, type Place, type PlaceOptions } from "./place.ts";
export { privateBuffers } from "./private_buffers.ts";
