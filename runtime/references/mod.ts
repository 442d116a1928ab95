/** Counting who holds what, seen from one place. */
export { type Announced, Announcer, type HoldKeeper } from "./announcer.ts";
export { homeOf } from "./home.ts";
export { type HoldSink, LocalReferences } from "./local_references.ts";
export type { Pin } from "./pin.ts";
