import {
  type ClusterContract,
  type ClusterStatus,
  type MemberContract,
  type NodeReportWire,
  type NodeSpecWire,
  type NodeStateWire,
  type PeerInfo,
  type PendingDemand,
  type RegistrationWire,
  STOPPED,
  type WorkerRowWire,
} from "../../runtime/contracts/mod.ts";
import type { Death } from "../../runtime/errors/mod.ts";
import {
  ActorNumber,
  type Caller,
  type NodeNumber,
  nodeOf,
  type PlaceId,
  placeId,
  remoteContract,
  SYSTEM_SLOT,
  type Told,
  toldContract,
  workerId,
} from "../../runtime/kernel/mod.ts";
import { decodeValue, encodeWhole } from "../../runtime/values/mod.ts";
import { Draining, reasonOf } from "./draining.ts";
import { Introductions } from "./introductions.ts";
import type { MembershipOptions } from "./membership_options.ts";
import { type NodeEnd, pastDeath } from "./node_death.ts";
import { RETURN_MS, Returning } from "./returning.ts";
import { whatWaits } from "./waiting.ts";

/** A node that has not been heard of for this long is dead. Milliseconds; nodes report every second. */
export const SILENCE_MS = 5_000;
const LOOK_EVERY_MS = 1_000;

interface MemberNode {
  readonly spec: NodeSpecWire;
  readonly tell: Told<MemberContract>;
  sequence: number;
  heardMs: number;
  pending: readonly PendingDemand[];
}

/**
 * The head's keeper of nodes. It numbers those that join, tells all of them of each other, takes their reports, and
 * declares dead whoever is silent or unreachable: then everybody hears of it, the node itself included, which must do
 * nothing any more if it lives.
 */
export class Membership implements ClusterContract {
  readonly #options: MembershipOptions;
  readonly #members: Map<NodeNumber, MemberNode> = new Map();
  readonly #numbers: Map<string, NodeNumber> = new Map();
  readonly #introductions: Introductions;
  readonly #draining: Draining;
  readonly #returning: Returning;
  /** Nodes that are not members yet, but already tell what happens there. */
  readonly #registering: Map<NodeNumber, Promise<unknown>> = new Map();
  /** Nodes whose death is being written. */
  readonly #condemned: Set<NodeNumber> = new Set();
  #isOpen = false;
  #stopLooking: (() => void) | undefined;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#draining = new Draining({
      ...options,
      numberOf: (nodeId) => this.numberOf(nodeId),
      takesWork: (nodeId) => this.takesWork(nodeId),
    });
    this.#returning = new Returning({
      clock: options.clock,
      isHere: (nodeId) => this.numberOf(nodeId) !== undefined,
      returned: (nodeId) => options.joined(nodeId),
      late: (nodeId) => {
        this.#buryUnseen(nodeId, { cause: "unresponsive", detail: `it did not come to the new head within ${RETURN_MS / 1000} s` });
      },
      complete: () => options.complete(),
    });
    this.#introductions = new Introductions(options.clock, (newcomers) => this.#introduce(newcomers));
    options.open.then(
      () => (this.#isOpen = true),
      () => {},
    );
    this.#look();
  }

  /** The number of a live node. */
  numberOf(nodeId: string): NodeNumber | undefined {
    return this.#numbers.get(nodeId);
  }

  nodeIdOf(node: NodeNumber): string | undefined {
    return this.#members.get(node)?.spec.nodeId;
  }

  /** Whether the head is the only node. */
  get alone(): boolean {
    return this.#members.size <= 1;
  }

  /** Whether nodes of the head before may be about to come. */
  get incomplete(): boolean {
    return this.#returning.size > 0;
  }

  /** Resolves when every node has told what its workers have to tell. */
  async settle(): Promise<void> {
    const { kernel } = this.#options;
    const asked = [...this.#members.keys()].map((node) =>
      remoteContract<MemberContract>(kernel, placeId(node, SYSTEM_SLOT), ActorNumber.member)
        .settle()
        .catch(() => {}),
    );
    await Promise.all(asked);
  }

  /** The driver of that node or job; all drivers if it has none of its own. */
  drivers(of: string): PlaceId[] {
    const driving = Array.from(this.#members.values()).flatMap(({ spec: { nodeId, job } }) => (job === undefined ? [] : [{ nodeId, ...job }]));
    const own = driving.filter(({ nodeId, jobId }) => nodeId === of || jobId === of);
    return (own.length > 0 ? own : driving).map(({ driver }) => driver);
  }

  /** Not before it has said what the head before had placed there. */
  takesWork(nodeId: string): boolean {
    return !this.#returning.has(nodeId) && this.#isForWork(nodeId);
  }

  #isForWork(nodeId: string): boolean {
    const node = this.numberOf(nodeId);
    return node !== undefined && this.#members.get(node)?.spec.takesWork === true;
  }

  /** A number for a node that is about to join: never given before. Resolves once that is kept. */
  async admit(): Promise<NodeNumber> {
    await this.#options.open;
    const number = this.#options.gcs.nodes.nextNumber();
    await this.#options.gcs.flush();
    return number;
  }

  /** These nodes of the head before are to come to this one; which do not in time are dead. */
  expect(nodeIds: readonly string[]): void {
    this.#returning.expect(nodeIds);
  }

  register(caller: Caller, spec: NodeSpecWire): Promise<RegistrationWire> {
    const node = nodeOf(caller.from);
    const registered = this.#register(caller, spec).finally(() => this.#registering.get(node) === registered && this.#registering.delete(node));
    this.#registering.set(node, registered);
    return registered;
  }

  async #register(caller: Caller, spec: NodeSpecWire): Promise<RegistrationWire> {
    const { kernel, gcs, clock, open, joined, lasting } = this.#options;
    await open;
    const { node, nodeId, name, url, resources, labels, pid, runtime, job } = spec;
    if (nodeOf(caller.from) !== node) throw new Error(`node ${nodeOf(caller.from)} cannot register as ${node}`);
    const head = nodeOf(kernel.place) === node;
    const row = { nodeId, number: node, ...(name !== undefined && { name }), address: url, resources, labels, head, pid, runtime };
    const { outcome } = gcs.registerNode(row);
    if (outcome === "unknown") throw new Error(`node number ${node} was not given to node ${nodeId}: it has to join anew, for a number of its own`);
    if (outcome === "dead") throw new Error(`node ${nodeId} was declared dead: it has to join anew, under a new id`);
    if (job !== undefined) gcs.jobs.add({ ...job, nodeId, pid });
    // Whom others know another head has to know as well.
    await gcs.settled();
    const tell = toldContract<MemberContract>(kernel, placeId(node, SYSTEM_SLOT), ActorNumber.member);
    this.#members.set(node, { spec, tell, sequence: 0, heardMs: clock.now(), pending: [] });
    this.#numbers.set(nodeId, node);
    this.#introductions.add(node);
    joined(nodeId);
    if (outcome === "rejoined" && gcs.nodes.get(nodeId)?.drain !== undefined) void this.#draining.begin(nodeId);
    return { peers: this.#peers(this.#members.keys()), lasting, head: nodeOf(kernel.place) };
  }

  returned(caller: Caller, state: NodeStateWire): void {
    const nodeId = this.nodeIdOf(nodeOf(caller.from));
    if (nodeId === undefined) return;
    for (const worker of state.workers) this.workerUp(caller, worker);
    this.#options.returned(nodeId, state);
    this.#returning.arrived(nodeId);
  }

  report(caller: Caller, { sequence, available, pending }: NodeReportWire): void {
    const member = this.#members.get(nodeOf(caller.from));
    if (member === undefined) {
      // Else its registration waits for the tables, or is on its way.
      if (this.#isOpen && this.#options.gcs.nodes.byNumber(nodeOf(caller.from)) === undefined) this.#fence(caller.from);
      return;
    }
    if (sequence <= member.sequence) return;
    member.sequence = sequence;
    member.heardMs = this.#options.clock.now();
    member.pending = pending;
    const { nodeId } = member.spec;
    this.#options.gcs.nodes.report({ nodeId, sequence, available, pending });
    this.#options.reported(nodeId);
  }

  workerUp(caller: Caller, { place, pid }: WorkerRowWire): void {
    const member = this.#members.get(nodeOf(caller.from));
    if (member === undefined) return;
    const { nodeId } = member.spec;
    this.#options.gcs.workers.report({ workerId: workerId(place), nodeId, kind: "task", state: "IDLE", place, pid });
  }

  placeLost(caller: Caller, place: PlaceId, death: Uint8Array): Promise<void> | undefined {
    const node = nodeOf(caller.from);
    const again = (): Promise<void> | undefined => this.placeLost(caller, place, death);
    const registering = this.#registering.get(node);
    if (registering !== undefined) return registering.then(again, again);
    if (nodeOf(place) !== node || !this.#members.has(node)) return undefined;
    this.#options.placeLost(place, decodeValue(death) as Death);
    for (const [number, member] of this.#members) if (number !== node) member.tell.placeLost(place, death);
    return this.#options.gcs.settled();
  }

  ran(caller: Caller, names: readonly string[], rows: Uint8Array, dropped: number): void {
    const nodeId = this.nodeIdOf(nodeOf(caller.from));
    if (nodeId === undefined) return;
    const { tasks } = this.#options.gcs;
    tasks.lose(dropped);
    tasks.recordRuns({ nodeId, names, rows });
  }

  async unreachable(caller: Caller, node: NodeNumber, reason: string): Promise<void> {
    const { gcs, open, kernel } = this.#options;
    await open;
    if (node === nodeOf(kernel.place)) return;
    const end: NodeEnd = { cause: "disconnected", detail: `node ${nodeOf(caller.from)} could not reach it: ${reason}` };
    const row = gcs.nodes.byNumber(node);
    // Also one that has yet to come to this head: something for it is lost.
    if (this.#members.has(node)) await this.#declaredDead(node, end);
    else if (row !== undefined && this.#returning.has(row.nodeId)) this.#buryUnseen(row.nodeId, end);
    await gcs.settled();
  }

  async goneNode(_caller: Caller, node: NodeNumber): Promise<Uint8Array | undefined> {
    const { gcs, open } = this.#options;
    await open;
    return gcs.nodes.isGone(node) ? encodeWhole(pastDeath(gcs.nodes.lastOf(node))) : undefined;
  }

  leave(caller: Caller): void {
    const node = nodeOf(caller.from);
    const { drain } = this.#options.gcs.nodes.get(this.nodeIdOf(node) ?? "") ?? {};
    this.declareDead(node, { cause: "terminated", detail: drain === undefined ? "it left the cluster" : reasonOf(drain) });
  }

  async drain(_caller: Caller, nodeId: string, options: { reason: string; deadlineMs?: number }): Promise<boolean> {
    if (this.numberOf(nodeId) === nodeOf(this.#options.kernel.place)) throw new Error("the head can't be drained: stop the cluster instead");
    const drained = this.#options.gcs.nodes.drain(nodeId, options);
    if (!drained) return false;
    this.#options.reported(nodeId);
    await this.#draining.begin(nodeId);
    return true;
  }

  status(): ClusterStatus {
    const { gcs, unplaced, waitingGroups } = this.#options;
    const nodes = gcs.nodes.live().map(({ nodeId, name, state, address, head, labels, total, available, pid, runtime }) => {
      return { nodeId, name, state, address, head, driver: !this.#isForWork(nodeId), labels, total, available, pid, runtime };
    });
    const reported = Array.from(this.#members.values(), ({ spec, pending }) => ({ nodeId: spec.nodeId, pending }));
    return { nodes, pending: whatWaits({ reported, unplaced: unplaced(), groups: waitingGroups() }) };
  }

  /** Also one that stands by is not to go on: it finds that written. */
  stop(): void {
    const { gcs } = this.#options;
    gcs.markStopped(true);
    const end = (): void => this.end(STOPPED);
    void gcs.flush().then(end, end);
  }

  /** Ends the cluster: the other nodes are told, and then this one ends. */
  end(reason: string): void {
    this.endOthers(reason);
    this.#options.endHead(reason);
  }

  endOthers(reason: string): void {
    const own = nodeOf(this.#options.kernel.place);
    for (const [node, { tell }] of this.#members) if (node !== own) tell.end(reason);
    this.#options.kernel.flush();
  }

  /** The link from the head to a node broke. */
  linkBroken(node: NodeNumber, reason: string): void {
    this.declareDead(node, { cause: "disconnected", detail: reason });
  }

  declareDead(node: NodeNumber, end: NodeEnd): void {
    void this.#declaredDead(node, end);
  }

  /** A head that stood still may be none any more: before it acts, its storage has to take its word. */
  async #declaredDead(node: NodeNumber, { cause, detail }: NodeEnd): Promise<void> {
    const { kernel, gcs, lasting } = this.#options;
    const member = this.#members.get(node);
    if (member === undefined || node === nodeOf(kernel.place) || this.#condemned.has(node)) return;
    this.#condemned.add(node);
    if (lasting) await gcs.confirmed();
    this.#condemned.delete(node);
    this.#members.delete(node);
    this.#numbers.delete(member.spec.nodeId);
    this.#bury(member.spec, { cause, detail }, () => {
      member.tell.end(`the head declared this node dead: ${detail}`);
      kernel.flush();
    });
  }

  /** What follows from a node's death. `fence` tells the node itself. */
  #bury({ node, nodeId, url, job, pid }: PeerInfo & { readonly pid: number }, { cause, detail }: NodeEnd, fence?: () => void): void {
    const { gcs, log, nodeLost } = this.#options;
    const what = job === undefined ? detail : `${detail}. The driver of job ${job.jobId} ran there`;
    const at = this.#options.clock.now();
    const death: Death = { cause: cause === "terminated" ? "terminated" : "node-died", at, nodeId, pid, detail: what };
    if (cause !== "terminated") log(`node ${nodeId} (${url}) is dead: ${detail}`);
    const fallout = gcs.nodeLost(nodeId, { cause, at, nodeId, pid, detail: what });
    const encoded = encodeWhole(death);
    fence?.();
    for (const other of this.#members.values()) other.tell.nodeLost(node, encoded);
    nodeLost(fallout, { node, nodeId });
    this.#returning.arrived(nodeId);
  }

  /** A node of the head before, of which this one knows only what is written, is dead. */
  #buryUnseen(nodeId: string, end: NodeEnd): void {
    const { number, address = "", pid = 0 } = this.#options.gcs.nodes.get(nodeId) ?? {};
    if (number !== undefined) this.#bury({ node: number, nodeId, url: address, pid }, end);
    this.#returning.arrived(nodeId);
  }

  close(): void {
    this.#stopLooking?.();
    this.#introductions.close();
  }

  /** Those of these nodes that are members still. */
  #peers(nodes: Iterable<NodeNumber>): PeerInfo[] {
    return Array.from(nodes).flatMap((number) => {
      const member = this.#members.get(number);
      if (member === undefined) return [];
      const { node, nodeId, url, job } = member.spec;
      return [{ node, nodeId, url, ...(job && { job }) }];
    });
  }

  /** Tells all others; who has just come has been told of all by the answer to its registration. */
  #introduce(newcomers: ReadonlySet<NodeNumber>): void {
    const peers = this.#peers(newcomers);
    if (peers.length === 0) return;
    for (const [number, { tell }] of this.#members) if (newcomers.size > 1 || !newcomers.has(number)) tell.peers(peers);
  }

  /** A place of a node that is not of the cluster, or not any more, speaks. */
  #fence(from: PlaceId): void {
    const place = placeId(nodeOf(from), SYSTEM_SLOT);
    toldContract<MemberContract>(this.#options.kernel, place, ActorNumber.member).end("the head does not know this node");
  }

  #look(): void {
    const { clock, kernel, gcs } = this.#options;
    const due = clock.now() + LOOK_EVERY_MS;
    this.#stopLooking = clock.after(LOOK_EVERY_MS, () => {
      const now = clock.now();
      // A head that stood still has heard nobody, and its timers may come before what the nodes have sent meanwhile.
      if (now - due > LOOK_EVERY_MS) {
        for (const member of this.#members.values()) member.heardMs = now;
        this.#returning.putOff(now - due);
      }
      for (const [node, { heardMs }] of [...this.#members]) {
        if (node === nodeOf(kernel.place) || now - heardMs <= SILENCE_MS) continue;
        this.declareDead(node, { cause: "unresponsive", detail: `it sent no report for ${SILENCE_MS / 1000} s` });
      }
      // Who hears nothing looks for another head, and that has begun at the earliest now.
      if (this.#options.lasting && gcs.isSole) for (const { tell } of this.#members.values()) tell.ping();
      this.#returning.look(now);
      this.#draining.look(now);
      this.#look();
    });
  }
}
