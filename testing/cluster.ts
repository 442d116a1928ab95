import { type NodeProcess, startNodeProcess } from "../actors/driver/mod.ts";
import { connectedNodes } from "./connected_nodes.ts";
import { waitForCondition } from "./wait_for_condition.ts";

/** What a node of a test's cluster offers. */
export interface ClusterNodeOptions {
  readonly numCpus?: number;
  readonly numGpus?: number;
  readonly resources?: Readonly<Record<string, number>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Bytes. */
  readonly objectStoreMemory?: number;
  /** Default: the cluster's. */
  readonly runtime?: "bun" | "deno";
  /** Where it listens. Default 127.0.0.1. */
  readonly host?: string;
}

export interface ClusterOptions {
  readonly head?: ClusterNodeOptions & {
    /** `"memory"`, `"sqlite:PATH"`, `"redis://…"`. A head that is restarted needs one that lasts. */
    readonly storage?: string;
  };
  /** What its nodes run in, if they do not say. Default: what the test runs in. */
  readonly runtime?: "bun" | "deno";
}

/** A node of a test's cluster: a process of its own. */
export interface ClusterNode {
  readonly id: string;
  readonly pid: number;
  /** `ws://host:port` */
  readonly address: string;
}

/**
 * A real cluster for a test: a head and as many nodes as it adds, each a process of its own on this machine. Disposing
 * of it ends all of them; they end with the test's process in any case.
 *
 * ```ts
 * await using cluster = await Cluster.start({ head: { numCpus: 1 } });
 * const node = await cluster.addNode({ numCpus: 2 });
 * await using ctx = await init({ address: cluster.address, token: cluster.token });
 * ```
 */
export class Cluster implements AsyncDisposable {
  readonly token: string;
  readonly #options: ClusterOptions;
  readonly #nodes: Map<string, NodeProcess> = new Map();
  #head: NodeProcess;

  private constructor(head: NodeProcess, token: string, options: ClusterOptions) {
    this.#head = head;
    this.token = token;
    this.#options = options;
  }

  /** Starts a head. Resolves when it is up. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const token = randomToken();
    return new Cluster(await startHead(options, { token, port: 0 }), token, options);
  }

  /** For `init({ address })`. */
  get address(): string {
    return this.#head.url;
  }

  get head(): ClusterNode {
    return faceOf(this.#head);
  }

  /** Starts a node that joins. Resolves when it has. */
  async addNode(options: ClusterNodeOptions = {}): Promise<ClusterNode> {
    const { runtime = this.#options.runtime, ...own } = options;
    const node = await startNodeProcess({ ...own, address: this.address, token: this.token, ...(runtime && { runtime }) });
    this.#nodes.set(node.nodeId, node);
    return faceOf(node);
  }

  /** Ends a node and waits for its process: in good order, or by kill -9 with `allowGraceful: false`. */
  async removeNode(node: ClusterNode, { allowGraceful = true }: { allowGraceful?: boolean } = {}): Promise<void> {
    const running = this.#find(node);
    this.#nodes.delete(node.id);
    running.kill(allowGraceful ? "SIGTERM" : "SIGKILL");
    await running.ended;
  }

  /** Stops a node's process in the middle of whatever it does; it stays a member until it is found dead. */
  freeze(node: ClusterNode): void {
    this.#find(node).kill("SIGSTOP");
  }

  thaw(node: ClusterNode): void {
    this.#find(node).kill("SIGCONT");
  }

  /** kill -9 of the head. */
  async killHead(): Promise<void> {
    this.#head.kill("SIGKILL");
    await this.#head.ended;
  }

  /** Starts the head anew, at the same address, from its storage. */
  async restartHead(): Promise<void> {
    this.#head.kill("SIGKILL");
    await this.#head.ended;
    this.#head = await startHead(this.#options, { token: this.token, port: Number(new URL(this.#head.url).port) });
  }

  /** Resolves when every node that was started and not removed is known as alive. */
  async waitForNodes(timeoutMs = 10_000): Promise<void> {
    const expected = [this.#head, ...this.#nodes.values()].map(({ nodeId }) => nodeId);
    await waitForCondition(
      async () => {
        const alive = await connectedNodes(this.address, this.token);
        return expected.every((id) => alive.has(id));
      },
      { timeoutMs },
    );
  }

  /** Ends all processes. */
  async shutdown(): Promise<void> {
    const all = [...this.#nodes.values(), this.#head];
    this.#nodes.clear();
    for (const node of all) {
      node.kill("SIGCONT");
      node.kill("SIGTERM");
    }
    await Promise.all(all.map((node) => endOf(node)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  #find({ id }: ClusterNode): NodeProcess {
    const node = id === this.#head.nodeId ? this.#head : this.#nodes.get(id);
    if (node === undefined) throw new RangeError(`node ${id} is not of this cluster, or was removed`);
    return node;
  }
}

/** How long a node may take to end in good order. */
const END_MS = 5_000;

async function endOf(node: NodeProcess): Promise<void> {
  const force = setTimeout(() => node.kill("SIGKILL"), END_MS);
  await node.ended;
  clearTimeout(force);
}

async function startHead({ head = {}, runtime }: ClusterOptions, at: { token: string; port: number }): Promise<NodeProcess> {
  const { runtime: own = runtime, ...options } = head;
  return await startNodeProcess({ ...options, ...at, ...(own && { runtime: own }) });
}

function faceOf({ nodeId, pid, url }: NodeProcess): ClusterNode {
  return { id: nodeId, pid, address: url };
}

function randomToken(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
