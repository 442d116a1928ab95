import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { toolPath } from "../../scripts/lib/runtime.ts";
import { type Host, Hosts } from "./hosts.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const commands = { bun: [toolPath("bun"), "run"], deno: [toolPath("deno"), "run", "-A", "--no-check"] } as const;
const own = "Deno" in globalThis ? "deno" : "bun";

/** A node on a host of its own. */
export interface HostNode {
  readonly id: string;
  readonly host: Host;
  readonly address: string;
  /** Resolves with its exit code. */
  readonly ended: Promise<number | null>;
  /** What it has printed so far. */
  output(): string;
}

/** A cluster whose nodes are on hosts of their own, started by the command line as a user would. Disposing ends all of it. */
export class HostCluster implements AsyncDisposable {
  readonly hosts: Hosts = new Hosts();
  readonly token: string = "0123456789abcdef".repeat(4);
  readonly #temp: string = mkdtempSync(join(tmpdir(), "mobula-hosts-"));
  readonly #children: ChildProcess[] = [];
  readonly #tokenFile: string;
  #head: HostNode | undefined;

  private constructor() {
    this.#tokenFile = join(this.#temp, "token");
    writeFileSync(this.#tokenFile, `${this.token}\n`, { mode: 0o600 });
  }

  /** Starts a head without CPUs. */
  static async start(): Promise<HostCluster> {
    const cluster = new HostCluster();
    try {
      cluster.#head = await cluster.#start(["--head", "--num-cpus", "0"]);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  get head(): HostNode {
    if (this.#head === undefined) throw new Error("the head is not up");
    return this.#head;
  }

  get address(): string {
    return this.head.address;
  }

  addNode(flags: readonly string[], { runtime }: { runtime?: "bun" | "deno" } = {}): Promise<HostNode> {
    return this.#start(["--address", this.address, ...flags], runtime);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#children.map((child) => endOf(child));
    for (const child of this.#children) child.kill("SIGKILL");
    await Promise.all(ended);
    this.hosts[Symbol.dispose]();
    rmSync(this.#temp, { recursive: true, force: true });
  }

  async #start(flags: readonly string[], runtime: "bun" | "deno" = own): Promise<HostNode> {
    const host = this.hosts.add();
    const mobula = [...commands[runtime], join(root, "cli/main.ts"), "start", "--block", "--json"];
    const where = ["--host", host.address, "--port", "0", "--token-file", this.#tokenFile, "--temp-dir", this.#temp];
    const env = { ...process.env, NO_COLOR: "1", MOBULA_ADDRESS: "", MOBULA_TOKEN: "" };
    const child = spawn("ip", ["netns", "exec", host.name, ...mobula, ...where, ...flags], { env, stdio: ["ignore", "pipe", "pipe"] });
    this.#children.push(child);
    let output = "";
    const ready = Promise.withResolvers<{ nodeId: string; url: string }>();
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        const line = output.split("\n").find((each) => each.startsWith("{") && each.endsWith("}"));
        if (line !== undefined) ready.resolve(JSON.parse(line));
      });
    }
    const ended = endOf(child);
    void ended.then((code) => ready.reject(new Error(`the node on ${host.address} ended with ${code} before it was up:\n${output}`)));
    const { nodeId, url } = await ready.promise;
    return { id: nodeId, host, address: url, ended, output: () => output };
  }
}

function endOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once("error", () => resolve(null));
    child.once("exit", (code) => resolve(code));
  });
}
