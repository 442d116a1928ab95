/** The JavaScript runtimes behind one port. Runtime names appear in this folder alone. */
import { releasePortsRepeatedly } from "../../net/mod.ts";
import { setUnrefTimer } from "../kernel/mod.ts";
import type { Platform } from "./platform.ts";

export type { BundledText, BundleRequest, ImportKind, MetImport, SourceMap } from "./bundler.ts";
export type { MemoryUse } from "./machine_memory.ts";
export type {
  Child,
  ChildOptions,
  Exit,
  Hardware,
  Platform,
  Thread,
  ThreadOptions,
  WebRuntime,
  WebServer,
} from "./platform.ts";

/** The adapter of the runtime that this code runs in. */
export const platform: Platform = await load();

async function load(): Promise<Platform> {
  if ("Deno" in globalThis) {
    const { denoPlatform, unrefTimer } = await import("./deno.ts");
    setUnrefTimer(unrefTimer);
    releasePortsRepeatedly();
    return denoPlatform;
  }
  if ("Bun" in globalThis) return (await import("./bun.ts")).bunPlatform;
  throw new Error("Mobula runs in Bun and in Deno; this is neither. Start the script with `bun` or with `deno run -A`.");
}

export { showInConsole } from "./console_view.ts";
export { sha256 } from "./sha256.ts";
