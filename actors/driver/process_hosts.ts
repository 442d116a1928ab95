import { statSync } from "node:fs";
import { type PlaceId, systemClock } from "../../runtime/kernel/mod.ts";
import { environmentOf } from "../../runtime/options/mod.ts";
import { type Child, type Exit, platform } from "../../runtime/platform/mod.ts";
import { LineReader, type LogLine } from "../logs/mod.ts";
import { JOIN_VARIABLE, type ProcessJoin } from "../protocol/mod.ts";

export interface ProcessHostsOptions {
  /** What all processes of the node are told alike. */
  common: Pick<ProcessJoin, "isolation" | "storeBytes">;
  onExit(place: PlaceId, exit: Exit): void;
  onOutput(place: PlaceId, stream: "stdout" | "stderr", lines: readonly LogLine[]): void;
}

interface Hosted {
  readonly child: Child;
  readonly ended: Promise<void>;
}

/** The child processes that run tasks and actors isolated from this one. */
export class ProcessHosts {
  readonly #module: string;
  readonly #options: ProcessHostsOptions;
  readonly #children: Map<PlaceId, Hosted> = new Map();

  constructor(module: string, options: ProcessHostsOptions) {
    this.#module = module;
    this.#options = options;
  }

  async spawn(place: PlaceId, environment: string, join: { url: string; token: string }): Promise<number> {
    const runtimeEnv = environmentOf(environment);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const { common } = this.#options;
    const readers = { stdout: new LineReader(), stderr: new LineReader() };
    const tell = (stream: "stdout" | "stderr", lines: readonly LogLine[]): void => {
      if (lines.length > 0) this.#options.onOutput(place, stream, lines);
    };
    const workingDir = runtimeEnv?.workingDir;
    // The runtimes report this as if the program was missing.
    if (workingDir !== undefined && statSync(workingDir, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new Error(`workingDir ${JSON.stringify(workingDir)} does not exist or is not a folder`);
    const child = platform.spawnChild(this.#module, {
      args: [],
      env: {
        ...runtimeEnv?.envVars,
        [JOIN_VARIABLE]: JSON.stringify({ ...join, ...common, place, environment } satisfies ProcessJoin),
      },
      ...(workingDir === undefined ? {} : { cwd: workingDir }),
      onOutput: (stream, text) => tell(stream, readers[stream].push(text)),
      onExit: (exit) => {
        this.#children.delete(place);
        for (const stream of ["stdout", "stderr"] as const) tell(stream, readers[stream].end());
        resolve();
        this.#options.onExit(place, exit);
      },
    });
    this.#children.set(place, { child, ended });
    return child.pid;
  }

  /** Asks a process to end, and ends it by force after the grace. */
  async stop(place: PlaceId, graceMs: number): Promise<void> {
    const hosted = this.#children.get(place);
    if (hosted === undefined) return;
    hosted.child.kill(graceMs > 0 ? "SIGTERM" : "SIGKILL");
    const cancel = systemClock.after(graceMs, () => hosted.child.kill("SIGKILL"));
    await hosted.ended;
    cancel();
  }

  async stopAll(graceMs: number): Promise<void> {
    await Promise.all([...this.#children.keys()].map((place) => this.stop(place, graceMs)));
  }

  /** At once and without waiting, as the process ends. */
  killAll(): void {
    for (const { child } of this.#children.values()) child.kill("SIGKILL");
  }
}
