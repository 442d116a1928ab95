/** A place: one realm with an event loop that takes part. */
export { sharedBuffers } from "./buffers.ts";
export { faultWire, openPlace, type Place, type PlaceOptions, type PublicModules } from "./place.ts";
