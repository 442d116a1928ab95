/** How a thread or child process ended. `error` is what it threw, where the runtime tells. */
export interface Exit {
  code: number | undefined;
  signal?: string | undefined;
  error?: unknown;
}

/** A Web Worker that this thread started. */
export interface Thread {
  /** Ends the thread. Resolves when the runtime has let go of it, which may be before a busy loop in it stops. */
  terminate(): Promise<void>;
}

/** A child process that runs a module of ours. */
export interface Child {
  readonly pid: number;
  kill(signal?: "SIGTERM" | "SIGKILL"): void;
}

export interface ThreadOptions {
  name: string;
  /** What the thread finds in `threadData()`. */
  data: unknown;
  transfer: readonly MessagePort[];
  onExit(exit: Exit): void;
}

export interface ChildOptions {
  args: readonly string[];
  env: Record<string, string>;
  cwd?: string;
  onOutput(stream: "stdout" | "stderr", text: string): void;
  onExit(exit: Exit): void;
}

/** The machine as the runtime sees it. Memory in bytes. */
export interface Hardware {
  cpus: number;
  memory: number;
  gpus: number;
}

/**
 * What Mobula needs of the JavaScript runtime it runs in; one short adapter for each.
 *
 * Threads and children MUST NOT keep the process alive by themselves. `onExit` MUST be called exactly once.
 * Nothing here may throw for a thread or child that is already gone.
 */
export interface Platform {
  readonly name: "bun" | "deno";
  readonly version: string;
  readonly pid: number;
  /** Whether `Thread.terminate` stops a thread that is in a busy loop. */
  readonly stopsBusyThreads: boolean;
  hardware(): Hardware;
  env(name: string): string | undefined;
  isMainThread(): boolean;
  threadData(): unknown;
  spawnThread(module: string, options: ThreadOptions): Thread;
  spawnChild(module: string, options: ChildOptions): Child;
  /** Calls back before this thread ends by an uncaught error, an unhandled rejection or an exit call. */
  watchOwnExit(onExit: (exit: Exit) => void): void;
  /** Runs `action` when the process ends by itself or by a call; it must be synchronous. Returns the way to take it back. */
  onProcessExit(action: () => void): () => void;
  /** Runs `action` on Ctrl-C or a request to terminate; then the process ends with the usual code. */
  onInterrupt(action: () => Promise<void>): () => void;
  /** Keeps the process alive until the returned function is called. */
  keepAlive(): () => void;
  /** Writes a line to the process's own terminal. */
  print(stream: "stdout" | "stderr", line: string): void;
  exit(code: number): void;
  /** Frees what can be freed now, where the runtime offers it. */
  collectGarbage(): void;
  memoryInUse(): number;
}
