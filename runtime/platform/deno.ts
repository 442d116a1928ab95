import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { nodeParts, spawnChild, watchOwnExit } from "./node_parts.ts";
import type { Exit, Platform } from "./platform.ts";

/** The little of Deno's namespace that is used; its types are not part of this project's compilation. */
interface DenoNamespace {
  version: { deno: string };
  exit(code?: number): never;
  unrefTimer(timer: number): void;
}

const deno = (globalThis as unknown as { Deno: DenoNamespace }).Deno;

export const denoPlatform: Platform = {
  ...nodeParts,
  name: "deno",
  version: deno.version.deno,
  stopsBusyThreads: false,
  spawnChild: (module, options) =>
    spawnChild([nodeParts.execPath, "run", "-A", "--no-prompt", fileURLToPath(module)], options),
  watchOwnExit(onExit: (exit: Exit) => void): void {
    watchOwnExit(onExit);
    const leave = deno.exit.bind(deno);
    deno.exit = ((code?: number): never => {
      onExit({ code: code ?? 0 });
      return leave(code);
    }) as typeof deno.exit;
  },
  collectGarbage: () => collector()(),
};

let collect: (() => void) | undefined;

/** V8 does not count shared memory when it decides to collect, so it has to be asked; it lends the way to ask by a flag. */
function collector(): () => void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  return collect;
}

export const unrefTimer = (timer: number): void => deno.unrefTimer(timer);
