import type { MemberContract, PeerInfo } from "../../runtime/contracts/mod.ts";
import type { Caller, NodeNumber, PlaceId } from "../../runtime/kernel/mod.ts";

export interface MemberOptions {
  node: NodeNumber;
  /** Hears of every node of the cluster when one has come. */
  peers(peers: readonly PeerInfo[]): void;
  placeLost(place: PlaceId, death: Uint8Array): void;
  nodeLost(node: NodeNumber, death: Uint8Array): void;
  end(reason: string): void;
  settle(): Promise<void>;
  drain(): void;
  draining(node: NodeNumber): void;
  evacuate(targets: readonly PlaceId[]): Promise<number>;
  /** The head has shown a sign of life. */
  heard(): void;
}

/** A node's part in the cluster: it hears from the head of nodes and places that come and go. */
export class Member implements MemberContract {
  readonly #options: MemberOptions;
  readonly #peers: Map<NodeNumber, PeerInfo> = new Map();

  constructor(options: MemberOptions) {
    this.#options = options;
  }

  /** Whether no other node is known. */
  get alone(): boolean {
    return this.#peers.size <= 1;
  }

  /** The place of the driver of a job. */
  driverOf(jobId: string): PlaceId | undefined {
    for (const { job } of this.#peers.values()) if (job?.jobId === jobId) return job.driver;
    return undefined;
  }

  nodeIdOf(node: NodeNumber): string | undefined {
    return this.#peers.get(node)?.nodeId;
  }

  /** Those that are known here and not among these. */
  missing(peers: readonly PeerInfo[]): NodeNumber[] {
    const there = new Set(peers.map(({ node }) => node));
    return [...this.#peers.keys()].filter((node) => !there.has(node));
  }

  peers(_caller: Caller, peers: readonly PeerInfo[]): void {
    this.learn(peers);
  }

  learn(peers: readonly PeerInfo[]): void {
    for (const peer of peers) this.#peers.set(peer.node, peer);
    this.#options.peers(peers);
  }

  placeLost(_caller: Caller, place: PlaceId, death: Uint8Array): void {
    this.#options.placeLost(place, death);
  }

  nodeLost(_caller: Caller, node: NodeNumber, death: Uint8Array): void {
    this.#peers.delete(node);
    this.#options.nodeLost(node, death);
  }

  end(_caller: Caller, reason: string): void {
    this.#options.end(reason);
  }

  settle(): Promise<void> {
    return this.#options.settle();
  }

  drain(): void {
    this.#options.drain();
  }

  draining(_caller: Caller, node: NodeNumber): void {
    this.#options.draining(node);
  }

  evacuate(_caller: Caller, targets: readonly PlaceId[]): Promise<number> {
    return this.#options.evacuate(targets);
  }

  barrier(): void {}

  ping(): void {
    this.#options.heard();
  }
}
