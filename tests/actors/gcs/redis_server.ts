import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const READY_MS = 10_000;

/** A real Redis server on a free port of this machine, that writes all it acknowledges to a folder of its own. */
export class RedisServer {
  readonly port: number;
  readonly #args: readonly string[];
  readonly #folder: string = mkdtempSync(join(tmpdir(), "mobula-redis-"));
  #child: ChildProcess | undefined;

  private constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.#args = args;
  }

  /** `args` are further options, as `--requirepass secret`. */
  static async start(...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), args);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts again what was killed or stopped, on the same port and folder. */
  async start(): Promise<void> {
    const options = ["--port", `${this.port}`, "--bind", "127.0.0.1", "--dir", this.#folder, "--save", "", "--appendonly", "yes"];
    const child = spawn("redis-server", [...options, "--appendfsync", "always", "--loglevel", "warning", ...this.#args], { stdio: "ignore" });
    this.#child = child;
    let failure: string | undefined;
    child.once("error", (error: NodeJS.ErrnoException) => {
      failure = error.code === "ENOENT" ? "redis-server is not installed: these tests need it (Debian package redis-server)" : error.message;
    });
    child.once("exit", (code, signal) => (failure ??= `redis-server ended with ${code ?? signal}`));
    const deadline = performance.now() + READY_MS;
    while (!(await this.#listens())) {
      if (failure !== undefined) throw new Error(failure);
      if (performance.now() > deadline) throw new Error(`redis-server did not answer within ${READY_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** As `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Ends it and removes its folder. */
  async stop(): Promise<void> {
    this.thaw();
    await this.#end("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  #listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, "127.0.0.1");
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
