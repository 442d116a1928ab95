import type { UpgradeWebSocket } from "hono/ws";
import type { BundledText, BundleRequest } from "./bundler.ts";
import type { MemoryUse } from "./machine_memory.ts";

/** How a thread or child process ended. `error` is what it threw, where the runtime tells. */
export interface Exit {
  code: number | undefined;
  signal?: string | undefined;
  error?: unknown;
  /** The system has ended it because memory ran out, as far as the system tells. */
  outOfMemory?: boolean;
}

/** A Web Worker that this thread started. */
export interface Thread {
  /**
   * Ends the thread. False when it had not ended soon after: it is slow, for the machine is busy or the thread has
   * only begun, or it is in a busy loop that the runtime cannot stop. Asked again later, false means a busy loop.
   */
  terminate(): Promise<boolean>;
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
  /** Variables on top of a copy of this process's environment; the thread then has one of its own. */
  env?: Readonly<Record<string, string>>;
  onExit(exit: Exit): void;
}

export interface ChildOptions {
  args: readonly string[];
  env: Record<string, string>;
  cwd?: string;
  /** What it writes to its streams, as it comes. All of it MUST come before `onExit`. */
  onOutput(stream: "stdout" | "stderr", text: string): void;
  onExit(exit: Exit): void;
}

/** The machine as the runtime sees it. Memory in bytes. */
export interface Hardware {
  cpus: number;
  memory: number;
  gpus: number;
}

/** A web server on one port; `upgradeWebSocket` makes handlers for its WebSockets. */
export interface WebRuntime {
  readonly upgradeWebSocket: UpgradeWebSocket<unknown, WebSocketUpgradeOptions>;
  /** Listens on `port`, 0 for any that is free. Messages of more than `messageBytes` end their socket. */
  serve(app: Fetch, options: ServeOptions): WebServer;
  /** Where a request comes from, by what the server has passed on beside it. */
  remoteAddress(request: Request, environment: unknown): string;
  /** The request was let in: its answer may take as long as it does, whatever `idleSeconds` says. */
  letIn(request: Request, environment: unknown): void;
  /** Calls back whenever an accepted socket has sent what it had to. Deno's do not tell. */
  onDrained(socket: object, action: () => void): void;
}

export interface ServeOptions {
  readonly hostname: string;
  readonly port: number;
  readonly messageBytes: number;
  /**
   * A connection on which nothing comes for so long is ended, unless it has become a WebSocket. Bun rounds up to a
   * multiple of 4 and gives the first request 10 s whatever this says; Deno ends no connection by itself.
   */
  readonly idleSeconds: number;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** For sockets that may be silent for long: neither side pings, so that a busy loop on the other side is no end. */
export interface WebSocketUpgradeOptions {
  idleTimeout?: number;
}

export type Fetch = (request: Request, ...environment: unknown[]) => Response | Promise<Response>;

export interface WebServer {
  readonly port: number;
  /** Stops at once: its connections are cut. */
  close(): Promise<void>;
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
  /** The program's arguments, without the runtime and the file. */
  readonly args: readonly string[];
  /** Whether `Thread.terminate` stops a thread that is in a busy loop. */
  readonly stopsBusyThreads: boolean;
  /** Whether users' code may run the event loop from where it is, as a test runner's matchers do. */
  readonly nestsEventLoop: boolean;
  /** Whether a WebSocket that is opened here keeps small messages back until those before them are acknowledged. */
  readonly holdsSmallMessages: boolean;
  hardware(): Hardware;
  env(name: string): string | undefined;
  /** Sets it, or takes it out, in this worker's own environment; other threads do not see it. */
  setEnv(name: string, value: string | undefined): void;
  /** The same as `env`, and takes it out, so that neither users' code nor their own child processes see it. */
  takeEnv(name: string): string | undefined;
  isMainThread(): boolean;
  threadData(): unknown;
  spawnThread(module: string, options: ThreadOptions): Thread;
  spawnChild(module: string, options: ChildOptions): Child;
  /** The command that runs a file, in this runtime or another: that is found beside this project's packages, or on the PATH. */
  commandOf(file: string, runtime?: "bun" | "deno"): readonly string[];
  /** A copy of this process's environment. */
  environment(): Record<string, string>;
  /** The environment of a node's process in this runtime or another: this process's, and what has it give memory back. */
  nodeEnvironment(runtime?: "bun" | "deno"): Record<string, string>;
  /**
   * Calls back before this thread ends by an uncaught error, an unhandled rejection or an exit call. With an error the
   * end waits for what `onExit` returns, but not for long; an exit call cannot wait.
   */
  watchOwnExit(onExit: (exit: Exit) => unknown): void;
  /** Makes this thread's own environment the one that all ways to read one see. For threads that were given `env`. */
  ownEnv(): void;
  /** Lets `Thread.terminate` end this thread, where it needs its help. For threads whose first module is ours. */
  endWhenAsked(): void;
  /** Leaves Ctrl-C to the parent process, which has it too. */
  ignoreInterrupts(): void;
  /** Runs `action` when the process ends by itself or by a call; it must be synchronous. Returns the way to take it back. */
  onProcessExit(action: () => void): () => void;
  /** Runs `action` on Ctrl-C or a request to terminate; then the process ends with the usual code. */
  onInterrupt(action: () => Promise<void>): () => void;
  /** Runs `action` when nothing is left to do; what it begins is done before the process ends. Returns the way to take it back. */
  onLastTurn(action: () => void): () => void;
  /** Whether a process of this machine is there; also one of another user's. */
  isAlive(pid: number): boolean;
  /** Sends a signal to a process, if it is there. */
  signal(pid: number, signal: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** Keeps the process alive until the returned function is called. */
  keepAlive(): () => void;
  /** Writes a line to the process's own terminal. */
  print(stream: "stdout" | "stderr", line: string): void;
  /** Writes text before it returns, so that it is out even if the process crashes next. */
  write(stream: "stdout" | "stderr", text: string): void;
  web(): Promise<WebRuntime>;
  /**
   * Makes one module of a module and all that it imports, on other threads. It MUST keep what runs at the top of each
   * module, and keep names as far as they do not collide. Rejects with an error that says what is wrong, and where.
   */
  bundle(request: BundleRequest): Promise<BundledText>;
  exit(code: number): void;
  /** Whether the collector counts shared memory when it decides to collect. */
  readonly countsSharedMemory: boolean;
  /** Frees what can be freed now, where the runtime offers it. */
  collectGarbage(): void;
  memoryInUse(): number;
  /** The fullest of what limits the memory of this process; undefined where the system does not tell. */
  machineMemory(): MemoryUse | undefined;
  /** The memory that a process of this machine has in use; 0 for one that is gone, or where the system does not tell. Bytes. */
  residentBytes(pid: number): number;
}
