import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

declare const Bun: { gc(force: boolean): void } | undefined;

let collect: (() => void) | undefined;

/** Runs the garbage collector now, in either runtime. */
export function collectGarbage(): void {
  collect ??= typeof Bun === "undefined" ? v8Collector() : () => Bun!.gc(true);
  collect();
}

function v8Collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
