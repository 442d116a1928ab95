/** Counting who holds what, seen from one place. */
export { type HoldSink, LocalReferences } from "./local_references.ts";
