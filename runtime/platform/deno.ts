import process from "node:process";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort, type Worker } from "node:worker_threads";
import { denoEntryOf } from "./deno_entry.ts";
import { LastActions } from "./last_actions.ts";
import { commandOf, nodeEnvironment, nodeParts, spawnChild, spawnThread, watchOwnExit } from "./node_parts.ts";
import type { Exit, Platform } from "./platform.ts";

/** The little of Deno's namespace that is used; its types are not part of this project's compilation. */
interface DenoNamespace {
  version: { deno: string };
  exit(code?: number): never;
  unrefTimer(timer: number): void;
  env: {
    get(name: string): string | undefined;
    set(name: string, value: string): void;
    has(name: string): boolean;
    delete(name: string): void;
    toObject(): Record<string, string>;
  };
}

const deno = (globalThis as unknown as { Deno: DenoNamespace }).Deno;

// The way out that nobody has wrapped.
const leave = deno.exit.bind(deno);

/** What a thread is told that is to end, and how long one may take that is not in a busy loop. */
const END = "mobula: end this thread";
const END_GRACE_MS = 250;

/** `Worker.terminate` leaves a busy loop running for ever and does not say so: the thread is asked to end by itself first. */
async function askToEnd(worker: Worker): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const deadline = setTimeout(() => resolve(false), END_GRACE_MS);
  worker.once("exit", () => resolve(true));
  worker.postMessage(END);
  const ended = await promise;
  clearTimeout(deadline);
  return ended;
}

export const denoPlatform: Platform = {
  ...nodeParts,
  name: "deno",
  version: deno.version.deno,
  stopsBusyThreads: false,
  // It turns TCP_NODELAY off (2.9.6), and has no option for that.
  holdsSmallMessages: true,
  nestsEventLoop: false,
  spawnThread: (module, options) => spawnThread(module, options, askToEnd),
  commandOf: (file, runtime = "deno") => (runtime === "deno" ? commandOf(denoEntryOf(file), runtime, true) : commandOf(file, runtime, false)),
  spawnChild: (module, options) => spawnChild(commandOf(denoEntryOf(fileURLToPath(module)), "deno", true), options),
  watchOwnExit(onExit: (exit: Exit) => unknown): void {
    const tell = watchOwnExit(onExit);
    deno.exit = ((code?: number): never => {
      tell({ code: code ?? 0 });
      return leave(code);
    }) as typeof deno.exit;
  },
  onProcessExit: (action) => lastActions.add(action),
  nodeEnvironment: (runtime = "deno") => nodeEnvironment(runtime),
  // `Deno.env` is the process's, whatever thread asks.
  ownEnv(): void {
    Object.assign(deno.env, {
      get: (name: string) => process.env[name],
      set: (name: string, value: string) => void (process.env[name] = value),
      has: (name: string) => process.env[name] !== undefined,
      delete: (name: string) => void delete process.env[name],
      toObject: () => ({ ...process.env }) as Record<string, string>,
    } satisfies typeof deno.env);
  },
  endWhenAsked(): void {
    parentPort?.on("message", (message: unknown) => {
      if (message === END) leave(0);
    });
  },
  countsSharedMemory: false,
  collectGarbage: () => collector()(),
  web: async () => (await import("./deno_web.ts")).denoWeb,
  bundle: async (request) => (await import("./deno_bundler.ts")).bundle(request),
};

const lastActions = new LastActions((run) => {
  // An error that nobody catches ends the process without a word to those who listen for its exit.
  const onError = (): void => {
    if (process.listenerCount("uncaughtException") === 0) run();
  };
  process.on("exit", run);
  process.on("uncaughtExceptionMonitor", onError);
  return () => {
    process.off("exit", run);
    process.off("uncaughtExceptionMonitor", onError);
  };
});

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
