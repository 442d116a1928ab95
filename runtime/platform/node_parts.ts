import { Buffer } from "node:buffer";
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync, writeSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { LastActions } from "./last_actions.ts";
import { machineMemory, residentBytes } from "./machine_memory.ts";
import type { Child, ChildOptions, Exit, Hardware, Platform, Thread, ThreadOptions } from "./platform.ts";

/** The parts that both runtimes have through Node's modules; the adapters differ in the rest. */

/** `askToEnd`: gives the thread the chance to end by itself; false when it did not. */
export function spawnThread(module: string, options: ThreadOptions, askToEnd?: (worker: Worker) => Promise<boolean>): Thread {
  const worker = new Worker(new URL(module), {
    name: options.name,
    workerData: options.data,
    transferList: [...options.transfer] as never,
    ...(options.env === undefined ? {} : { env: { ...process.env, ...options.env } }),
  });
  let error: unknown;
  let gone = false;
  worker.on("error", (thrown: unknown) => {
    error = thrown;
  });
  worker.on("exit", (code: number) => {
    if (gone) return;
    gone = true;
    // A thread that an error has ended reports 0 at times.
    options.onExit({ code: error === undefined ? code : code || 1, error });
  });
  worker.unref();
  let asked = false;
  return {
    async terminate() {
      if (gone) return true;
      const ended = askToEnd === undefined || (await askToEnd(worker));
      // A thread that is only slow ends by itself, and says so; one that is terminated would not.
      if (!ended && !asked) {
        asked = true;
        return gone;
      }
      try {
        await worker.terminate();
      } catch {
        // It ended before the call.
      }
      return ended;
    },
  };
}

/** Loaded with the first use: it takes a millisecond or more, and most threads start no process. */
const childProcesses = (): typeof import("node:child_process") => process.getBuiltinModule("node:child_process");

/** How long the rest of a child's output may take after its end. */
const CLOSE_GRACE_MS = 500;

export function spawnChild(command: readonly string[], options: ChildOptions): Child {
  const [program, ...args] = command as [string, ...string[]];
  const child: ChildProcess = childProcesses().spawn(program, [...args, ...options.args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
  });
  let gone = false;
  const killsBefore = memoryKills();
  const finish = (exit: Exit): void => {
    if (gone) return;
    gone = true;
    const outOfMemory = exit.signal === "SIGKILL" && memoryKills() > killsBefore;
    options.onExit(outOfMemory ? { ...exit, outOfMemory } : exit);
  };
  for (const name of ["stdout", "stderr"] as const) {
    const stream = child[name];
    stream?.setEncoding("utf8");
    stream?.on("data", (text: string) => options.onOutput(name, text));
    (stream as { unref?(): void } | null)?.unref?.();
  }
  child.on("error", (error) => finish({ code: undefined, error }));
  const exitOf = (code: number | null, signal: string | null): Exit => ({
    code: code ?? undefined,
    signal: signal ?? undefined,
  });
  child.on("close", (code, signal) => finish(exitOf(code, signal)));
  // Its own children may hold its streams open for ever.
  child.on("exit", (code, signal) => void setTimeout(() => finish(exitOf(code, signal)), CLOSE_GRACE_MS).unref());
  try {
    child.unref();
  } catch {
    // It could not be started: its error event says why.
  }
  return {
    pid: child.pid ?? -1,
    kill(signal = "SIGTERM") {
      if (!gone) child.kill(signal);
    },
  };
}

export function hardware(): Hardware {
  return { cpus: availableParallelism(), memory: totalmem(), gpus: countGpus() };
}

let gpus: number | undefined;

/** CUDA_VISIBLE_DEVICES rules; else NVIDIA's tool is asked, where the machine has its device files. */
function countGpus(): number {
  if (gpus !== undefined) return gpus;
  const visible = process.env["CUDA_VISIBLE_DEVICES"];
  if (visible !== undefined) {
    gpus = visible.split(",").filter((id) => id.trim() !== "" && id.trim() !== "-1" && id.trim() !== "NoDevFiles").length;
    return gpus;
  }
  if (!mayHaveGpus()) return (gpus = 0);
  try {
    const listing = childProcesses().execFileSync("nvidia-smi", ["-L"], {
      encoding: "utf8",
      timeout: 5_000,
      stdio: ["ignore", "pipe", "ignore"],
    });
    gpus = listing.split("\n").filter((line) => line.startsWith("GPU ")).length;
  } catch {
    gpus = 0;
  }
  return gpus;
}

/** The tool is asked only where it may find something, as to look for it takes 2 ms, and in Deno 14. */
function mayHaveGpus(): boolean {
  if (process.platform === "linux") return DEVICE_FILES.some((path) => existsSync(path));
  return process.platform === "win32";
}

/** Of NVIDIA's driver, and of Windows' under Linux. */
const DEVICE_FILES = ["/dev/nvidiactl", "/dev/nvhost-ctrl", "/dev/dxg"];

/** Processes that the system has ended since its start because memory ran out, where it counts them. */
function memoryKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync("/proc/vmstat", "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

const ARGUMENTS = { bun: ["run"], deno: ["run", "-A", "--no-prompt"] } as const;

/** The command that runs a file in the runtime `name`, of which this process's own is at `execPath` if it is the same. */
export function commandOf(file: string, name: "bun" | "deno", own: boolean): readonly string[] {
  return [own ? process.execPath : programOf(name), ...ARGUMENTS[name], file];
}

/**
 * The C library keeps what it has once mapped for a large buffer and got back, and so from then on most of what V8 frees of
 * shared memory stays in Deno's process, in pieces. With a threshold of one's own it maps each large buffer by itself.
 */
const GIVES_BACK = { bun: {}, deno: { MALLOC_MMAP_THRESHOLD_: String(128 * 1024) } } as const;

/** See `Platform.nodeEnvironment`. What the user has set stays. */
export function nodeEnvironment(name: "bun" | "deno"): Record<string, string> {
  return { ...GIVES_BACK[name], ...nodeParts.environment() };
}

/** Beside the packages of the folder that this process runs in, or of one around it; else wherever the PATH leads. */
function programOf(name: string): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", ".bin", name);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return name;
  }
}

export function takeEnv(name: string): string | undefined {
  const value = process.env[name];
  delete process.env[name];
  return value;
}

export function setEnv(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

export function onLastTurn(action: () => void): () => void {
  process.on("beforeExit", action);
  return () => void process.off("beforeExit", action);
}

export function ignoreInterrupts(): void {
  process.on("SIGINT", () => {});
}

export function write(stream: "stdout" | "stderr", text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(stream === "stdout" ? 1 : 2, bytes, at);
    } catch (error) {
      // A full pipe: its reader is slow. Any other error: it is gone, and there is nobody to tell.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      Atomics.wait(PAUSE, 0, 0, 1);
    }
  }
}

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

const lastActions = new LastActions((run) => {
  process.on("exit", run);
  return () => void process.off("exit", run);
});

export function onProcessExit(action: () => void): () => void {
  return lastActions.add(action);
}

const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export function onInterrupt(action: () => Promise<void>): () => void {
  const handlers = Object.entries(SIGNAL_CODES).map(([signal, code]) => {
    let asked = false;
    const handler = (): void => {
      // A second signal does not wait for a clean end.
      if (asked) process.exit(code);
      asked = true;
      void action().finally(() => process.exit(code));
    };
    process.on(signal as NodeJS.Signals, handler);
    return () => void process.off(signal as NodeJS.Signals, handler);
  });
  return () => {
    for (const off of handlers) off();
  };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

export function signal(pid: number, name: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}

export function keepAlive(): () => void {
  const timer = setInterval(() => {}, 2 ** 30);
  return () => clearInterval(timer);
}

export function print(stream: "stdout" | "stderr", line: string): void {
  process[stream].write(`${line}\n`);
}

/** How long what is told of an uncaught error may take to arrive. */
const LAST_WORDS_MS = 500;

/** Reports the exit of this very thread or process, then lets it happen. Returns the way to report one more kind of exit. */
export function watchOwnExit(onExit: (exit: Exit) => unknown): (exit: Exit) => unknown {
  let told = false;
  const tell = (exit: Exit): unknown => {
    if (told) return undefined;
    told = true;
    return onExit(exit);
  };
  const leave = process.exit.bind(process);
  process.exit = ((code?: number) => {
    tell({ code: code ?? Number(process.exitCode ?? 0) });
    return leave(code);
  }) as typeof process.exit;
  const die = (error: unknown): void => {
    if (told) return;
    // What is told must have left this thread before it ends.
    const arrived = Promise.resolve(tell({ code: 1, error })).catch(() => {});
    void Promise.race([arrived, new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS))]).then(() => leave(1));
  };
  process.on("uncaughtException", die);
  process.on("unhandledRejection", die);
  return tell;
}

/** What both adapters have in common, and the path of the runtime's own program. */
export type NodeParts = Omit<
  Platform,
  | "name"
  | "version"
  | "stopsBusyThreads"
  | "nestsEventLoop"
  | "holdsSmallMessages"
  | "spawnChild"
  | "commandOf"
  | "countsSharedMemory"
  | "nodeEnvironment"
  | "collectGarbage"
  | "ownEnv"
  | "endWhenAsked"
  | "web"
  | "bundle"
> & {
  readonly execPath: string;
};

export const nodeParts: NodeParts = {
  pid: process.pid,
  args: process.argv.slice(2),
  hardware,
  env: (name: string): string | undefined => process.env[name],
  setEnv,
  takeEnv,
  environment: (): Record<string, string> => ({ ...process.env }) as Record<string, string>,
  isMainThread: (): boolean => isMainThread,
  threadData: (): unknown => workerData,
  spawnThread,
  watchOwnExit,
  ignoreInterrupts,
  onLastTurn,
  onProcessExit,
  onInterrupt,
  isAlive,
  signal,
  keepAlive,
  print,
  write,
  exit: (code: number): void => void process.exit(code),
  memoryInUse: (): number => process.memoryUsage.rss(),
  machineMemory: () => machineMemory(),
  residentBytes: (pid) => residentBytes(pid),
  execPath: process.execPath,
};
