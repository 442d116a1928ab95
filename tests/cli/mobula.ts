import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line with sessions of its own: what it starts, no other test sees. Disposing of it ends all that. */
export class Mobula implements AsyncDisposable {
  readonly tempDir: string = mkdtempSync(join(tmpdir(), "mobula-cli-"));
  readonly #env: Record<string, string>;
  /** All that any command has printed. */
  printed = "";

  /** `extra` is in the environment of all that it runs. */
  constructor(extra: Readonly<Record<string, string>> = {}) {
    const env = Object.entries(process.env).filter(([name]) => !name.startsWith("MOBULA_"));
    this.#env = { ...(Object.fromEntries(env) as Record<string, string>), NO_COLOR: "1", MOBULA_TEMP_DIR: this.tempDir, ...extra };
  }

  /** `mobula ARGS` */
  run(...args: string[]): Promise<Ran> {
    return this.runIn({}, ...args);
  }

  runIn(env: Record<string, string>, ...args: string[]): Promise<Ran> {
    return this.script("cli/main.ts", args, env);
  }

  /** The same, which has to succeed, and what it printed as JSON. */
  async json(...args: string[]): Promise<any> {
    const { code, stdout, stderr } = await this.run(...args, "--json");
    if (code !== 0) throw new Error(`mobula ${args.join(" ")} exited with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Any script of this repository, with the same environment. */
  async script(path: string, args: readonly string[] = [], env: Record<string, string> = {}): Promise<Ran> {
    const child = this.spawn(path, args, env);
    let [stdout, stderr] = ["", ""];
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    this.printed += stdout + stderr;
    return { code, stdout, stderr };
  }

  spawn(path: string, args: readonly string[] = [], env: Record<string, string> = {}): ChildProcess {
    return spawn(process.execPath, [...run, path, ...args], { cwd: root, env: { ...this.#env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run("stop", "--force");
    rmSync(this.tempDir, { recursive: true, force: true });
  }
}
