import { encodeBatch, type Frame, type Link, type LinkEvents, releaseFrame } from "../../net/mod.ts";
import { type ClusterContract, type MemberContract, type NodeSpecWire, type PendingDemand, STOPPED } from "../../runtime/contracts/mod.ts";
import {
  ActorNumber,
  type Clock,
  DRIVER_SLOT,
  type Envelope,
  HEAD_NODE,
  HEAD_NUMBERS,
  HEAD_PLACE,
  type Kernel,
  type NodeNumber,
  nodeOf,
  type PlaceId,
  placeId,
  type Remote,
  remoteContract,
  SYSTEM_SLOT,
  serve,
  type Told,
  toldContract,
} from "../../runtime/kernel/mod.ts";
import type { ResourceSet } from "../../runtime/resources/mod.ts";
import { type Dial, HEAD_AWAY_MS, HeadTie, Member, PeerLinks, Reporter } from "../cluster/mod.ts";
import type { Head } from "../head/mod.ts";
import type { NodeConfig } from "./node_config.ts";
import type { Succession } from "./succession.ts";

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
  /** What this node does when another head takes over. */
  succession(): Pick<Succession, "gone" | "succeeded" | "tell">;
  warn(text: string): void;
  /** The cluster has ended this node. */
  onEnd(reason: string): void;
}

/**
 * The node whose link leads to a node. A head is reached the way that the head is, under whatever number; what is meant for
 * one that was before, the one that is drops.
 */
function wayTo(node: NodeNumber): NodeNumber {
  return node < HEAD_NUMBERS.from ? node : HEAD_NODE;
}

/** Nodes are linked to all others: what another speaks for, or is meant for another, is not passed on. */
function refusalOf(frame: Frame, { from, to }: { from: NodeNumber; to: NodeNumber }): string | undefined {
  if (wayTo(nodeOf(frame.from)) !== wayTo(from)) return `it is in the name of node ${nodeOf(frame.from)}, and from node ${from}`;
  if (wayTo(nodeOf(frame.to)) !== wayTo(to)) return `it is for node ${nodeOf(frame.to)}, and this is node ${to}`;
  return undefined;
}

/** How long the head may take to hear that this node leaves. */
const LEAVE_MS = 200;

/** A node's part in its cluster, from joining to leaving: links to other nodes, what it tells the head and hears of it. */
export class ClusterPart {
  readonly head: Told<ClusterContract>;
  readonly #asked: Remote<ClusterContract>;
  readonly #tie: HeadTie;
  readonly #options: ClusterPartOptions;
  readonly #peers: PeerLinks;
  readonly #member: Member;
  readonly #reporter: Reporter;
  readonly #lost: Set<NodeNumber> = new Set();
  /** The head's own number. */
  #headNumber: NodeNumber | undefined;
  #leaving = false;

  constructor(options: ClusterPartOptions) {
    const { config, kernel, clock, available, pending } = options;
    this.#options = options;
    this.head = toldContract<ClusterContract>(kernel, HEAD_PLACE, ActorNumber.cluster);
    this.#asked = remoteContract<ClusterContract>(kernel, HEAD_PLACE, ActorNumber.cluster);
    this.#tie = new HeadTie({
      clock,
      urls: config.heads ?? [config.head?.url ?? ""],
      awayMs: config.headAwayMs ?? HEAD_AWAY_MS,
      hangUp: () => this.#peers.hangUp(HEAD_NODE),
      redial: (headUrl) => this.#peers.redial({ node: HEAD_NODE, nodeId: "", url: headUrl }),
      rejoin: (isOn) => this.#rejoin(isOn),
      tell: options.warn,
      gaveUp: (reason) => this.#end(this.#headGone(reason)),
    });
    this.#peers = new PeerLinks({
      dial: options.dial,
      receive: (frame) => kernel.receive(frame),
      refuses: (node, frame) => refusalOf(frame, { from: node, to: config.node }),
      unknown: (node) => void this.#inquire(node),
      greet: (node, link) => this.#say(node, link, []),
      // It may have lost its storage alone, and hear of that late.
      replaced: (node, link) =>
        this.#tellToEnd(node, link, `its store was taken over by another control store, to whose head node ${config.nodeId} has gone`),
      broken: (node, reason) => this.#broken(node, reason),
    });
    this.#member = new Member({
      node: config.node,
      peers: (peers) => this.#peers.known(peers.filter(({ node }) => node !== config.node && node === wayTo(node))),
      placeLost: options.placeLost,
      nodeLost: (node, death) => this.#nodeLost(node, death),
      end: (reason) => this.#end(reason),
      settle: options.settle,
      drain: options.drain,
      draining: options.draining,
      evacuate: async (targets) => {
        const left = await options.evacuate(targets);
        // The last results of its tasks may be on their way, and who hears that the node has left takes them for lost.
        await this.#delivered();
        return left;
      },
      heard: () => this.#tie.heard(),
    });
    this.#reporter = new Reporter({
      clock,
      head: this.head,
      alone: () => this.alone,
      available,
      pending,
      due: () => this.#tie.look(),
    });
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
  linkTo(node: NodeNumber): Link | undefined {
    if (this.#options.head() !== undefined && wayTo(node) !== node) {
      // One of the heads before: nobody is there, and who asks is to hear so.
      if (!this.#lost.has(node)) void this.#inquire(node);
      return undefined;
    }
    return this.#peers.to(wayTo(node));
  }

  /** Large values are about to come from these nodes, named by their system places. */
  expectBulk(places: readonly PlaceId[]): void {
    for (const place of places) if (nodeOf(place) !== this.#options.config.node) this.#peers.expectBulk(wayTo(nodeOf(place)));
  }

  /** Another node has opened a link to this one. Returns what its socket's events go to. */
  connected(node: NodeNumber, link: Link): LinkEvents {
    if (this.#lost.has(node) && this.#options.head() !== undefined) return this.#fence(node, link);
    return this.#peers.accept(node, link);
  }

  /** Joins the cluster, which on the head is this node alone at first. */
  async join(): Promise<void> {
    const { head } = this.#options.config;
    if (head !== undefined) {
      this.#peers.known([head]);
      this.#tie.joining();
    }
    const { peers, lasting, head: number } = await this.#asked.register(this.#spec());
    this.#headNumber = number;
    this.#tie.joined(lasting && head !== undefined);
    this.#member.learn(peers);
    this.#reporter.start();
  }

  /** A place of this node is gone. */
  placeLost(place: PlaceId, death: Uint8Array): void {
    void this.#asked.placeLost(place, death).catch(() => {});
  }

  /** What this node has free may have changed. */
  changed(): void {
    this.#reporter.changed();
  }

  /** The node ends: from now on nothing that the cluster does about it is news. */
  ending(): void {
    this.#leaving = true;
    if (this.#options.config.nodesEnd === true) this.#options.head()?.membership.endOthers(STOPPED);
    this.#tie.close();
  }

  /** The head hears of it while there is a link: what else it does then is its own affair. */
  async leave(): Promise<void> {
    this.#reporter.close();
    if (this.#options.head() !== undefined || this.#tie.away) return;
    const { clock } = this.#options;
    const left = this.#asked.leave();
    await Promise.race([left.catch(() => {}), new Promise<void>((resolve) => void clock.after(LEAVE_MS, resolve))]);
  }

  close(): void {
    this.#peers.close();
  }

  #spec(): NodeSpecWire {
    const { config, url } = this.#options;
    const { node, nodeId, name, resources, labels, jobId, namespace, pid, runtime, hasDriver, takesWork } = config;
    const job = hasDriver ? { job: { jobId, namespace, driver: placeId(node, DRIVER_SLOT) } } : {};
    return { node, nodeId, name, url, resources, labels, pid, runtime, takesWork, ...job };
  }

  /** A head has been found. Another is told what the one before was told and may not have written. */
  async #rejoin(isOn: () => boolean): Promise<"same" | "another"> {
    const { peers, lasting, head } = await this.#asked.register(this.#spec());
    const who = head === this.#headNumber ? "same" : "another";
    if (!isOn()) return who;
    this.#tie.joined(lasting);
    this.#peers.settle(HEAD_NODE, who);
    if (who === "same") {
      // Nothing that was said is lost, but what it says of this node's resources is as of a new one.
      this.#member.learn(peers);
      this.#reporter.again();
      return who;
    }
    const succession = this.#options.succession();
    // Whatever the one before still says does not count.
    if (this.#headNumber !== undefined) this.#peers.lost(this.#headNumber);
    this.#headNumber = head;
    succession.gone();
    const missing = this.#member.missing(peers);
    this.#member.learn(peers);
    succession.succeeded();
    for (const node of missing) void this.#inquire(node);
    this.#reporter.again();
    await this.#options.settle();
    await succession.tell((state) => isOn() && this.head.returned(state));
    return who;
  }

  /** Resolves when all that this node has sent to others by now has come there, or they are gone. */
  async #delivered(): Promise<void> {
    const { kernel } = this.#options;
    const asked = this.#peers
      .reached()
      .map((node) => remoteContract<MemberContract>(kernel, placeId(node, SYSTEM_SLOT), ActorNumber.member).barrier());
    await Promise.allSettled(asked);
  }

  /** A node that is dead comes back: it is told so, and nothing is heard of it. */
  #fence(node: NodeNumber, link: Link): LinkEvents {
    this.#tellToEnd(node, link, "the head had declared this node dead");
    link.close();
    return { onFrame: releaseFrame };
  }

  #tellToEnd(node: NodeNumber, link: Link, reason: string): void {
    this.#say(node, link, [[ActorNumber.member, "end", 0, reason]]);
  }

  #say(node: NodeNumber, link: Link, envelopes: Envelope[]): void {
    link.send({ to: placeId(node, SYSTEM_SLOT), from: this.#options.kernel.place, bytes: encodeBatch(envelopes), attachments: [] });
  }

  #nodeLost(node: NodeNumber, death: Uint8Array): void {
    if (this.#lost.has(node)) return;
    this.#lost.add(node);
    this.#peers.lost(node);
    this.#options.nodeLost(node, death);
  }

  /** Who joins is told of those that live, and may meet what names one that was gone before. */
  async #inquire(node: NodeNumber): Promise<void> {
    // Without a head this node ends, too.
    const death = (await this.#asked.goneNode(node).catch(() => undefined)) as Uint8Array | undefined;
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
    if (node === HEAD_NODE) this.#tie.broken(reason);
    else if (head !== undefined) head.membership.linkBroken(node, reason);
    // Asked, as a head that is away has to hear of it as well.
    else void this.#asked.unreachable(node, reason).catch(() => {});
  }
}
