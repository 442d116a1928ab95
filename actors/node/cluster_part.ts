import type { Link, LinkEvents } from "../../net/mod.ts";
import type { ClusterContract, PendingDemand } from "../../runtime/contracts/mod.ts";
import {
  ActorNumber,
  type Clock,
  DRIVER_SLOT,
  HEAD_NODE,
  HEAD_PLACE,
  type Kernel,
  type NodeNumber,
  nodeOf,
  type PlaceId,
  placeId,
  remoteContract,
  serve,
  type Told,
  toldContract,
} from "../../runtime/kernel/mod.ts";
import type { ResourceSet } from "../../runtime/resources/mod.ts";
import { type Dial, Member, PeerLinks, Reporter } from "../cluster/mod.ts";
import type { Head } from "../head/mod.ts";
import type { NodeConfig } from "./node_config.ts";

export interface ClusterPartOptions {
  config: NodeConfig;
  kernel: Kernel;
  clock: Clock;
  /** Where other nodes reach this one; empty when there can be no others. */
  url: string;
  dial: Dial;
  /** The head's own actors, if they live on this node. */
  head(): Head | undefined;
  /** What this node has free, and what waits here. */
  available(): ResourceSet;
  pending(): readonly PendingDemand[];
  /** A place of another node is gone; a node is gone. Deaths are encoded. */
  placeLost(place: PlaceId, death: Uint8Array): void;
  nodeLost(node: NodeNumber, death: Uint8Array): void;
  /** Resolves when this node's workers have told what they have to tell. */
  settle(): Promise<void>;
  /** This node takes nothing new; another one does not; this one gives its objects away. See `MemberContract`. */
  drain(): void;
  draining(node: NodeNumber): void;
  evacuate(targets: readonly PlaceId[]): Promise<number>;
  /** The cluster has ended this node. */
  onEnd(reason: string): void;
}

/** How long the head may take to hear that this node leaves. */
const LEAVE_MS = 200;

/** A node's part in its cluster, from joining to leaving: links to other nodes, what it tells the head and hears of it. */
export class ClusterPart {
  readonly head: Told<ClusterContract>;
  readonly #options: ClusterPartOptions;
  readonly #peers: PeerLinks;
  readonly #member: Member;
  readonly #reporter: Reporter;
  readonly #lost: Set<NodeNumber> = new Set();
  #leaving = false;

  constructor(options: ClusterPartOptions) {
    const { config, kernel, clock, available, pending } = options;
    this.#options = options;
    this.head = toldContract<ClusterContract>(kernel, HEAD_PLACE, ActorNumber.cluster);
    this.#peers = new PeerLinks({
      dial: options.dial,
      receive: (frame) => kernel.receive(frame),
      unknown: (node) => void this.#inquire(node),
      broken: (node, reason) => this.#broken(node, reason),
    });
    this.#member = new Member({
      node: config.node,
      peers: (peers) => this.#peers.known(peers.filter(({ node }) => node !== config.node)),
      placeLost: options.placeLost,
      nodeLost: (node, death) => this.#nodeLost(node, death),
      end: (reason) => this.#end(reason),
      settle: options.settle,
      drain: options.drain,
      draining: options.draining,
      evacuate: options.evacuate,
    });
    this.#reporter = new Reporter({ clock, head: this.head, alone: () => this.alone, available, pending });
    kernel.register(ActorNumber.member, serve(kernel, this.#member));
  }

  /** Whether no other node is known. */
  get alone(): boolean {
    return this.#member.alone;
  }

  nodeIdOf(node: NodeNumber): string | undefined {
    return this.#member.nodeIdOf(node);
  }

  /** The place of the driver of a job. */
  driverOf(jobId: string): PlaceId | undefined {
    return this.#member.driverOf(jobId);
  }

  /** The way to another node. */
  linkTo(node: NodeNumber): Link {
    return this.#peers.to(node);
  }

  /** Large values are about to come from these nodes, named by their system places. */
  expectBulk(places: readonly PlaceId[]): void {
    for (const place of places) if (nodeOf(place) !== this.#options.config.node) this.#peers.expectBulk(nodeOf(place));
  }

  /** Another node has opened a link to this one. Returns what its socket's events go to. */
  connected(node: NodeNumber, link: Link): LinkEvents {
    return this.#peers.accept(node, link);
  }

  /** Joins the cluster, which on the head is this node alone at first. */
  async join(): Promise<void> {
    const { config, url, kernel } = this.#options;
    const { node, nodeId, name, resources, labels, jobId, namespace, pid, runtime, hasDriver, takesWork, head } = config;
    if (head !== undefined) this.#peers.known([head]);
    const cluster = remoteContract<ClusterContract>(kernel, HEAD_PLACE, ActorNumber.cluster);
    const job = hasDriver ? { job: { jobId, namespace, driver: placeId(node, DRIVER_SLOT) } } : {};
    this.#member.learn(await cluster.register({ node, nodeId, name, url, resources, labels, pid, runtime, takesWork, ...job }));
    this.#reporter.start();
  }

  /** What this node has free may have changed. */
  changed(): void {
    this.#reporter.changed();
  }

  /** The node ends: from now on nothing that the cluster does about it is news. */
  ending(): void {
    this.#leaving = true;
  }

  /** The head hears of it while there is a link: what else it does then is its own affair. */
  async leave(): Promise<void> {
    this.#reporter.close();
    if (this.#options.head() !== undefined) return;
    const { kernel, clock } = this.#options;
    const left = remoteContract<ClusterContract>(kernel, HEAD_PLACE, ActorNumber.cluster).leave();
    await Promise.race([left.catch(() => {}), new Promise<void>((resolve) => void clock.after(LEAVE_MS, resolve))]);
  }

  close(): void {
    this.#peers.close();
  }

  #nodeLost(node: NodeNumber, death: Uint8Array): void {
    if (this.#lost.has(node)) return;
    this.#lost.add(node);
    this.#peers.lost(node);
    this.#options.nodeLost(node, death);
  }

  /** Who joins is told of those that live, and may meet what names one that was gone before. */
  async #inquire(node: NodeNumber): Promise<void> {
    const { kernel } = this.#options;
    const head = remoteContract<ClusterContract>(kernel, HEAD_PLACE, ActorNumber.cluster);
    // Without a head this node ends, too.
    const death = (await head.goneNode(node).catch(() => undefined)) as Uint8Array | undefined;
    if (death !== undefined) this.#nodeLost(node, death);
  }

  #end(reason: string): void {
    if (!this.#leaving) this.#options.onEnd(reason);
  }

  #headGone(reason: string): string {
    const { config, clock } = this.#options;
    const { nodeId = "", url = "" } = config.head ?? {};
    return `the link to the head (node ${nodeId}, ${url}) broke at ${new Date(clock.now()).toISOString()}: ${reason}`;
  }

  #broken(node: NodeNumber, reason: string): void {
    if (this.#leaving) return;
    const head = this.#options.head();
    if (node === HEAD_NODE) this.#end(this.#headGone(reason));
    else if (head !== undefined) head.membership.linkBroken(node, reason);
    else this.head.unreachable(node, reason);
  }
}
