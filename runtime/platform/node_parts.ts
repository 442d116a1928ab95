import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { availableParallelism, totalmem } from "node:os";
import process from "node:process";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import type { Child, ChildOptions, Exit, Hardware, Platform, Thread, ThreadOptions } from "./platform.ts";

/** The parts that both runtimes have through Node's modules; the adapters differ in the rest. */

export function spawnThread(module: string, options: ThreadOptions): Thread {
  const worker = new Worker(new URL(module), {
    name: options.name,
    workerData: options.data,
    transferList: [...options.transfer] as never,
  });
  let error: unknown;
  let gone = false;
  worker.on("error", (thrown: unknown) => {
    error = thrown;
  });
  worker.on("exit", (code: number) => {
    if (gone) return;
    gone = true;
    options.onExit({ code, error });
  });
  worker.unref();
  return {
    async terminate() {
      try {
        await worker.terminate();
      } catch {
        // It ended before the call.
      }
    },
  };
}

export function spawnChild(command: readonly string[], options: ChildOptions): Child {
  const [program, ...args] = command as [string, ...string[]];
  const child: ChildProcess = spawn(program, [...args, ...options.args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
  });
  let gone = false;
  const finish = (exit: Exit): void => {
    if (gone) return;
    gone = true;
    options.onExit(exit);
  };
  for (const name of ["stdout", "stderr"] as const) {
    const stream = child[name];
    stream?.setEncoding("utf8");
    stream?.on("data", (text: string) => options.onOutput(name, text));
    (stream as { unref?(): void } | null)?.unref?.();
  }
  child.on("error", (error) => finish({ code: undefined, error }));
  child.on("close", (code, signal) => finish({ code: code ?? undefined, signal: signal ?? undefined }));
  child.unref();
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
  try {
    const listing = execFileSync("nvidia-smi", ["-L"], { encoding: "utf8", timeout: 5_000, stdio: ["ignore", "pipe", "ignore"] });
    gpus = listing.split("\n").filter((line) => line.startsWith("GPU ")).length;
  } catch {
    gpus = 0;
  }
  return gpus;
}

export function onProcessExit(action: () => void): () => void {
  process.on("exit", action);
  return () => void process.off("exit", action);
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

export function keepAlive(): () => void {
  const timer = setInterval(() => {}, 2 ** 30);
  return () => clearInterval(timer);
}

export function print(stream: "stdout" | "stderr", line: string): void {
  process[stream].write(`${line}\n`);
}

/** Reports the exit of this very thread or process, then lets it happen. */
export function watchOwnExit(onExit: (exit: Exit) => void): void {
  let told = false;
  const tell = (exit: Exit): void => {
    if (told) return;
    told = true;
    onExit(exit);
  };
  const leave = process.exit.bind(process);
  process.exit = ((code?: number) => {
    tell({ code: code ?? Number(process.exitCode ?? 0) });
    return leave(code);
  }) as typeof process.exit;
  const die = (error: unknown): void => {
    tell({ code: 1, error });
    // What was told must leave this thread before it ends.
    setTimeout(() => leave(1), 10);
  };
  process.on("uncaughtException", die);
  process.on("unhandledRejection", die);
}

/** What both adapters have in common, and the path of the runtime's own program. */
export type NodeParts = Omit<Platform, "name" | "version" | "stopsBusyThreads" | "spawnChild" | "collectGarbage"> & { readonly execPath: string };

export const nodeParts: NodeParts = {
  pid: process.pid,
  hardware,
  env: (name: string): string | undefined => process.env[name],
  isMainThread: (): boolean => isMainThread,
  threadData: (): unknown => workerData,
  spawnThread,
  watchOwnExit,
  onProcessExit,
  onInterrupt,
  keepAlive,
  print,
  exit: (code: number): void => void process.exit(code),
  memoryInUse: (): number => process.memoryUsage.rss(),
  execPath: process.execPath,
};
