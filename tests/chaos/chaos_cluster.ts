import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type NodeProcess, startNodeProcess } from "../../actors/driver/mod.ts";
import { type AskHead, headOf } from "../../actors/sessions/mod.ts";
import { type Host, Hosts } from "../hosts/hosts.ts";
import { Gate } from "./cut_off.ts";

export type Runtime = "bun" | "deno";

export interface ChaosClusterOptions {
  /** What its nodes run in, in turns; the head in the first. */
  readonly runtimes: readonly Runtime[];
  readonly cpusPerNode: number;
  /** The head's. One that is to be restarted needs one that lasts. */
  readonly storage?: string;
}

/** A node of a cluster that things are done to. */
export interface ChaosNode {
  readonly process: NodeProcess;
  readonly name: string;
  /** The way to cut it off from all others, or from the head alone. */
  readonly host: Host | undefined;
  readonly gate: Gate | undefined;
  /** Child processes of it that have been seen: those that must not outlive it. */
  readonly children: Set<number>;
  state: "up" | "frozen" | "cut off" | "gone";
  /** When it was frozen or cut off: ms of the process's clock. */
  since: number;
}

/**
 * Real nodes, each a process of its own, on hosts of their own where this machine allows that: there a node is cut off
 * from all others, and elsewhere from the head alone.
 */
export class ChaosCluster implements AsyncDisposable {
  readonly token: string;
  /** All that there ever were but for the head, those that are gone included. */
  readonly nodes: ChaosNode[] = [];
  readonly ask: AskHead;
  readonly #options: ChaosClusterOptions;
  readonly #hosts: Hosts | undefined;
  #head: NodeProcess;
  /** The head is away, until this resolves. */
  #restarting: Promise<void> | undefined;
  /** When it was last killed, and came back: ms of the process's clock. */
  headKilledAt: number = Number.NEGATIVE_INFINITY;
  headBackAt: number = Number.NEGATIVE_INFINITY;
  #made = 0;

  private constructor(options: ChaosClusterOptions, hosts: Hosts | undefined, start: { head: NodeProcess; token: string }) {
    this.#options = options;
    this.#hosts = hosts;
    this.#head = start.head;
    this.token = start.token;
    this.ask = headOf({ url: this.address, token: this.token });
  }

  static async start(options: ChaosClusterOptions): Promise<ChaosCluster> {
    const hosts = Hosts.problem() === undefined ? new Hosts() : undefined;
    const token = Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    try {
      const head = await startHead(options, { token, host: hosts?.address, port: 0 });
      return new ChaosCluster(options, hosts, { head, token });
    } catch (error) {
      hosts?.[Symbol.dispose]();
      throw error;
    }
  }

  /** How nodes are cut off here. */
  get partitions(): "whole" | "head" {
    return this.#hosts === undefined ? "head" : "whole";
  }

  get address(): string {
    return this.#head.url;
  }

  get head(): NodeProcess {
    return this.#head;
  }

  /** kill -9 of the head, which comes back after so long, at the same address and with its tables. */
  async restartHead(afterMs: number): Promise<void> {
    const back = Promise.withResolvers<void>();
    this.#restarting = back.promise;
    const { port } = new URL(this.address);
    this.headKilledAt = performance.now();
    this.#head.kill("SIGKILL");
    await this.#head.ended;
    await sleep(afterMs);
    this.#head = await startHead(this.#options, { token: this.token, host: this.#hosts?.address, port: Number(port) });
    this.headBackAt = performance.now();
    this.#restarting = undefined;
    back.resolve();
  }

  /** Those to which nothing is done at the moment. */
  get up(): ChaosNode[] {
    return this.nodes.filter(({ state }) => state === "up");
  }

  async add(): Promise<ChaosNode> {
    await this.#restarting;
    const { runtimes, cpusPerNode } = this.#options;
    const number = ++this.#made;
    const runtime = runtimes[number % runtimes.length] as Runtime;
    const host = this.#hosts?.add();
    const gate = host === undefined ? await Gate.open(this.address) : undefined;
    const process = await startNodeProcess({
      address: gate?.url ?? this.address,
      token: this.token,
      numCpus: cpusPerNode,
      runtime,
      ...(host && { host: host.address, within: ["ip", "netns", "exec", host.name] }),
    });
    const node: ChaosNode = { process, name: `node ${number} (${runtime})`, host, gate, children: new Set(), state: "up", since: 0 };
    this.nodes.push(node);
    void process.ended.then(() => {
      node.state = "gone";
      gate?.[Symbol.dispose]();
      if (host !== undefined) this.#hosts?.remove(host);
    });
    return node;
  }

  async kill(node: ChaosNode): Promise<void> {
    this.look(node);
    node.process.kill("SIGKILL");
    await node.process.ended;
  }

  freeze(node: ChaosNode): void {
    node.process.kill("SIGSTOP");
    this.#set(node, "frozen");
  }

  thaw(node: ChaosNode): void {
    node.process.kill("SIGCONT");
    this.#set(node, "up");
  }

  cut(node: ChaosNode): void {
    if (node.state === "gone") return;
    if (node.host !== undefined) this.#hosts?.setCable(node.host, "down");
    node.gate?.shut();
    this.#set(node, "cut off");
  }

  heal(node: ChaosNode): void {
    if (node.state === "gone") return;
    if (node.host !== undefined) this.#hosts?.setCable(node.host, "up");
    node.gate?.reopen();
    this.#set(node, "up");
  }

  /** What the head says of it. */
  async stateOf(node: ChaosNode): Promise<unknown> {
    return (await this.ask({ about: "get", kind: "nodes", id: node.process.nodeId }))?.["state"];
  }

  /** Notes which child processes a node has. Returns those that it has now. */
  look(node: ChaosNode): number[] {
    const children = childrenOf(node.process.pid);
    for (const child of children) node.children.add(child);
    return children;
  }

  /** Processes that a node started and that outlived it. */
  orphans(): number[] {
    return this.nodes.filter(({ state }) => state === "gone").flatMap(({ children }) => [...children].filter(isAlive));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.nodes.map(({ process }) => process), this.#head];
    for (const node of all) {
      node.kill("SIGCONT");
      node.kill("SIGTERM");
    }
    const force = setTimeout(() => {
      for (const node of all) node.kill("SIGKILL");
    }, 5_000);
    await Promise.all(all.map(({ ended }) => ended));
    clearTimeout(force);
    this.#hosts?.[Symbol.dispose]();
  }

  #set(node: ChaosNode, state: "up" | "frozen" | "cut off"): void {
    if (node.state === "gone") return;
    node.state = state;
    node.since = performance.now();
  }
}

function startHead(
  { runtimes, storage }: ChaosClusterOptions,
  { token, host, port }: { token: string; host: string | undefined; port: number },
): Promise<NodeProcess> {
  const runtime = runtimes[0] as Runtime;
  return startNodeProcess({ numCpus: 0, token, runtime, port, ...(host !== undefined && { host }), ...(storage !== undefined && { storage }) });
}

function childrenOf(pid: number): number[] {
  try {
    // They are listed with the thread that started them.
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** Also a process that nobody has waited for yet is gone. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
