import type { Allotment, AllotmentAsk, GlobalSchedulerContract, PlacementDemand } from "../../runtime/contracts/mod.ts";
import { ActorUnschedulableError, PlacementGroupError, TaskUnschedulableError } from "../../runtime/errors/mod.ts";
import type { Caller, Clock, NodeNumber, Random } from "../../runtime/kernel/mod.ts";
import type { Bundle, LabelSelector, PlacementStrategy } from "../../runtime/options/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import { NodeIndex } from "./node_index.ts";
import type { NodeRanking } from "./node_ranking.ts";
import { type BundlePlacement, type Choice, fitsNow, matching, type NodeView, placeBundles, usable } from "./policy/mod.ts";

/** What the global scheduler has to know of a placement group. */
export interface GroupView {
  readonly state: "PENDING" | "PREPARED" | "CREATED" | "RESCHEDULING" | "REMOVED";
  readonly name: string | undefined;
  readonly bundles: readonly { readonly resources: Bundle; readonly nodeId?: string }[];
}

export interface GlobalSchedulerOptions {
  /** The node table with what is free on each, as far as is known. */
  nodes(): readonly NodeView[];
  /** The number of a live node. */
  numberOf(nodeId: string): NodeNumber | undefined;
  group(id: string): GroupView | undefined;
  random: Random;
  clock: Pick<Clock, "after">;
  /** Nodes may be about to come that were there: nothing is refused, or warned of, for want of them. */
  incomplete?(): boolean;
  /** Tells users why something waits that this node has asked about. */
  warn(text: string, nodeId: string): void;
}

/** What was asked and has no answer yet. */
interface Pending {
  readonly demand: PlacementDemand;
  readonly resources: ResourceSet;
  readonly ask: AllotmentAsk;
  readonly resolve: (allotted: readonly (readonly [nodeId: string, tasks: number])[]) => void;
  readonly reject: (error: unknown) => void;
  warned: boolean;
}

/** A demand that has no node. */
export interface Unplaced extends Pick<PlacementDemand, "kind" | "name" | "resources"> {
  /** The node that asked. */
  readonly nodeId: string;
  readonly why: string;
}

type GroupStrategy = Extract<PlacementDemand["schedulingStrategy"], { placementGroupId: string }>;

/**
 * The scheduler of the cluster. Nodes place what they can by themselves; what is left comes here: what does not fit
 * the node, or says where it wants to be. What no node can have waits for one that can, and users are warned; what
 * names a node that is gone is refused, as with Ray.
 */
export class GlobalScheduler implements GlobalSchedulerContract {
  readonly #options: GlobalSchedulerOptions;
  #pending: Pending[] = [];
  #lastSpread: string | undefined;
  readonly #index: NodeIndex = new NodeIndex();

  constructor(options: GlobalSchedulerOptions) {
    this.#options = options;
  }

  async place(_caller: Caller, demand: PlacementDemand, from: string, ticket: string): Promise<string> {
    const [[nodeId]] = await this.#ask(demand, { ticket, from, wanted: 1, elsewhere: false });
    return nodeId;
  }

  async allot(_caller: Caller, demand: PlacementDemand, ask: AllotmentAsk): Promise<Allotment[]> {
    const allotted = await this.#ask(demand, ask);
    return allotted.flatMap(([nodeId, tasks]) => {
      const node = this.#options.numberOf(nodeId);
      return node === undefined ? [] : [[nodeId, node, tasks] as const];
    });
  }

  withdraw(_caller: Caller, ticket: string): void {
    this.#drop(({ ask }) => ask.ticket === ticket, "nothing waits for it any more");
  }

  /** A node is gone, and what it asked for its tasks. An actor may outlive its owner. */
  nodeLost(nodeId: string): void {
    this.#drop(({ ask, demand }) => ask.from === nodeId && demand.kind === "task", `node ${nodeId} is gone`);
    this.changed();
  }

  #drop(test: (pending: Pending) => boolean, why: string): void {
    const dropped = this.#pending.filter(test);
    if (dropped.length === 0) return;
    this.#pending = this.#pending.filter((pending) => !dropped.includes(pending));
    for (const pending of dropped) pending.reject(new Error(why));
  }

  #ask(demand: PlacementDemand, ask: AllotmentAsk): Promise<[[string, number], ...[string, number][]]> {
    return new Promise((resolve, reject) => {
      const settle = resolve as unknown as Pending["resolve"];
      const pending: Pending = { demand, ask, resources: ResourceSet.from(demand.resources), resolve: settle, reject, warned: false };
      if (!this.#settle(pending)) this.#pending.push(pending);
    });
  }

  /** A node has told what it has free. */
  reported(nodeId: string): void {
    if (this.#pending.length === 0) {
      this.#index.reported(nodeId);
      return;
    }
    const index = this.#synced();
    index.reported(nodeId);
    const view = index.get(nodeId);
    if (view === undefined) return;
    // Nowhere else has anything become free.
    this.#pending = this.#pending.filter((pending) => !fitsNow(view, pending.resources) || !this.#settle(pending));
  }

  /** A node came or went, or a placement group moved: what waits is looked at again. */
  changed(): void {
    if (this.#pending.length > 0) this.#pending = this.#pending.filter((pending) => !this.#settle(pending));
  }

  /** Nodes for the bundles of a group, by what is known of the nodes now. */
  placeBundles(bundles: readonly ResourceSet[], { strategy, avoid }: { strategy: PlacementStrategy; avoid?: ReadonlySet<string> }): BundlePlacement {
    const nodes = this.#options.nodes();
    return placeBundles(avoid === undefined ? nodes : nodes.filter(({ nodeId }) => !avoid.has(nodeId)), bundles, strategy);
  }

  /** What waits, for whom, and what keeps it. */
  unplaced(): Unplaced[] {
    return this.#pending.map((pending) => {
      const { kind, name, resources } = pending.demand;
      const why = pending.warned ? this.#missing(pending) : "it fits, and every node that could have it is full";
      return { kind, name, resources, nodeId: pending.ask.from, why };
    });
  }

  /** What waits for a node that can have it. */
  get waiting(): readonly PlacementDemand[] {
    return this.#pending.map(({ demand }) => demand);
  }

  /** False when there is no answer yet. */
  #settle(pending: Pending): boolean {
    const { schedulingStrategy: strategy } = pending.demand;
    try {
      const inGroup = typeof strategy === "object" && "placementGroupId" in strategy;
      const given = inGroup ? this.#inGroup(pending, strategy) : this.#onNodes(pending);
      if (given !== undefined && given.size > 0) pending.resolve([...given]);
      else if (given === undefined && !inGroup && this.#options.incomplete?.() !== true) this.#warn(pending);
      return given !== undefined && given.size > 0;
    } catch (error) {
      if (this.#options.incomplete?.() === true) return false;
      pending.reject(error);
      return true;
    }
  }

  /** Tasks by node; none of them when those that could have one are full, and undefined when there are none. */
  #onNodes(pending: Pending): Map<string, number> | undefined {
    const { ask, resources, demand } = pending;
    const index = this.#synced();
    const without = ask.elsewhere ? ask.from : undefined;
    const given = new Map<string, number>();
    for (let left = ask.wanted; left > 0; left--) {
      const choice = this.#choose(pending, without);
      if (choice === undefined && given.size === 0) {
        // Full on this node, and the only one: no reason to warn.
        if (without === undefined || this.#choose(pending, undefined) === undefined) return undefined;
      }
      if (choice === undefined) break;
      if (!choice.now && (given.size > 0 || !isNamed(demand, choice.nodeId))) break;
      given.set(choice.nodeId, (given.get(choice.nodeId) ?? 0) + 1);
      if (!choice.now || (resources.isEmpty && demand.schedulingStrategy !== "SPREAD")) {
        given.set(choice.nodeId, ask.wanted);
        break;
      }
      if (!resources.isEmpty) index.promise(choice.nodeId, resources);
    }
    if (!resources.isEmpty) for (const [nodeId, tasks] of given) this.#promised(nodeId, pending, tasks);
    return given;
  }

  /** What a node was chosen for counts as taken until it reports; what the node that asks was chosen for, it knows itself. */
  #promised(nodeId: string, { ask, resources }: Pending, tasks: number): void {
    if (nodeId === ask.from) {
      this.#index.withdraw(nodeId, resources, tasks);
      return;
    }
    this.#options.clock.after(PROMISE_MS, () => {
      this.#index.withdraw(nodeId, resources, tasks);
      this.changed();
    });
  }

  #choose(pending: Pending, without: string | undefined): Choice | undefined {
    const { demand, resources } = pending;
    const { schedulingStrategy: strategy } = demand;
    const index = this.#index;
    if (typeof strategy === "object" && "nodeId" in strategy && !strategy.soft) {
      const choice = strategy.nodeId === without ? undefined : on(strategy.nodeId, index.ranking(resources));
      if (choice === undefined) throw unschedulable(demand, whyNotOn(index.all, strategy.nodeId, resources));
      return choice;
    }
    const selectors = selectorsOf(demand);
    if (selectors.length === 0) return this.#among(index.ranking(resources), pending, without);
    for (const selector of selectors) {
      const choice = this.#among(index.ranking(resources, selector), pending, without);
      if (choice !== undefined) return choice;
    }
    return undefined;
  }

  /** A node of the ranking: the one that is named, else by strategy. None when no node of it can ever have the demand. */
  #among(ranking: NodeRanking, { demand, ask }: Pending, without: string | undefined): Choice | undefined {
    const { schedulingStrategy: strategy } = demand;
    if (typeof strategy === "object" && "nodeId" in strategy && strategy.nodeId !== without) {
      const named = on(strategy.nodeId, ranking);
      if (named !== undefined) return named;
    }
    let nodeId: string | undefined;
    if (strategy === "SPREAD") {
      nodeId = ranking.next(this.#lastSpread, without);
      this.#lastSpread = nodeId ?? this.#lastSpread;
    } else {
      const { random } = this.#options;
      nodeId = nearest(ranking, ask.locality ?? {}, without) ?? ranking.best({ random, local: ask.from, without });
    }
    if (nodeId !== undefined) return { nodeId, now: true };
    return ranking.isFeasible(without) ? FULL : undefined;
  }

  /** The nodes as they are now. */
  #synced(): NodeIndex {
    this.#index.sync(this.#options.nodes());
    return this.#index;
  }

  /** The nodes of bundles that can have it; none until the group is there. */
  #inGroup({ demand, resources, ask }: Pending, { placementGroupId, bundleIndex }: GroupStrategy): Map<string, number> | undefined {
    const group = this.#options.group(placementGroupId);
    if (group === undefined || group.state === "REMOVED") {
      const named = group?.name === undefined ? {} : { placementGroupName: group.name };
      throw new PlacementGroupError({
        reason: group === undefined ? "not-found" : "removed",
        placementGroupId,
        ...named,
      });
    }
    const bundles = bundleIndex === -1 ? group.bundles : group.bundles.slice(bundleIndex, bundleIndex + 1);
    const able = bundles.filter((bundle) => resources.fits(ResourceSet.from(bundle.resources)));
    if (able.length === 0) throw unschedulable(demand, whyNotIn(placementGroupId, bundleIndex, group.bundles));
    if (group.state !== "CREATED") return undefined;
    // One that is to be empty takes nothing but what comes from itself: who waits for that may have to end there.
    const closed = new Set(this.#options.nodes().flatMap((node) => (node.draining && node.nodeId !== ask.from ? [node.nodeId] : [])));
    const given = new Map<string, number>();
    for (const { nodeId } of able) if (nodeId !== undefined && !closed.has(nodeId) && given.size < ask.wanted) given.set(nodeId, ask.wanted);
    return given.size > 0 ? given : undefined;
  }

  #warn(pending: Pending): void {
    if (pending.warned) return;
    pending.warned = true;
    const { kind, name } = pending.demand;
    this.#options.warn(`${kind} ${name} cannot be scheduled and waits: ${this.#missing(pending)}`, pending.ask.from);
  }

  #missing({ demand, resources }: Pending): string {
    const nodes = this.#options.nodes().filter(usable);
    const selectors = selectorsOf(demand);
    const labelled = selectors.flatMap((selector) => matching(nodes, selector));
    if (selectors.length > 0 && labelled.length === 0) {
      const wanted = selectors.map((selector) => JSON.stringify(selector)).join(", nor ");
      return `no node has labels that match ${wanted}. Start a node with them (init({ labels })), or change its labelSelector.`;
    }
    return `${lacking(resources, selectors.length > 0 ? labelled : nodes)}. Ask for less, or start the node with more (init({ numCpus, numGpus, resources })).`;
  }
}

/** What a node was chosen for is counted as taken for this long: until then its own report may not show it. */
const PROMISE_MS = 100;

/** There are nodes that could have it, and none has room. */
const FULL: Choice = { nodeId: "", now: false };

/** That node, now or later; none if it can never have the demand. */
function on(nodeId: string, ranking: NodeRanking): Choice | undefined {
  return ranking.couldHave(nodeId) ? { nodeId, now: ranking.hasRoom(nodeId) } : undefined;
}

/** The node with room that has most of the arguments' bytes: moving the task is cheaper than moving them. */
function nearest(ranking: NodeRanking, bytes: Readonly<Record<string, number>>, without: string | undefined): string | undefined {
  const able = Object.keys(bytes).filter((nodeId) => nodeId !== without && (bytes[nodeId] as number) > 0 && ranking.hasRoom(nodeId));
  return able.sort((a, b) => (bytes[b] as number) - (bytes[a] as number) || (a < b ? -1 : 1))[0];
}

/** It says that it wants to be on that node, and waits there rather than go elsewhere. */
function isNamed({ schedulingStrategy: strategy }: PlacementDemand, nodeId: string): boolean {
  return typeof strategy === "object" && "nodeId" in strategy && strategy.nodeId === nodeId;
}

/** Which resources no node has enough of, and how much there is: `GPU: 1 asked for, 0 on this node`. */
export function lacking(demand: ResourceSet, nodes: readonly NodeView[]): string {
  const where = nodes.length === 1 ? "on this node" : "on the largest node";
  const most = (name: string): number => nodes.reduce((max, node) => Math.max(max, node.total.get(name)), 0);
  const short = demand.names().filter((name) => demand.get(name) > most(name));
  if (short.length === 0) return `no node has ${demand} together`;
  return short.map((name) => `${name}: ${demand.get(name)} asked for, ${most(name)} ${where}`).join("; ");
}

/** The selectors in the order in which they are tried; none when any node will do. */
function selectorsOf({ labelSelector, fallbackStrategy }: PlacementDemand): LabelSelector[] {
  if (labelSelector === undefined && fallbackStrategy === undefined) return [];
  return [labelSelector ?? {}, ...(fallbackStrategy ?? []).map((fallback) => fallback.labelSelector)];
}

function unschedulable({ kind, name, resources }: PlacementDemand, reason: string): Error {
  return kind === "task"
    ? new TaskUnschedulableError({ functionName: name, reason, resources })
    : new ActorUnschedulableError({ className: name, reason, resources });
}

function whyNotOn(nodes: readonly NodeView[], nodeId: string, demand: ResourceSet): string {
  const named = nodes.find((node) => node.nodeId === nodeId);
  if (named === undefined) return `its schedulingStrategy names node ${nodeId}, which the cluster does not have`;
  if (!named.alive) return `its schedulingStrategy names node ${nodeId}, which is dead`;
  if (named.draining) return `its schedulingStrategy names node ${nodeId}, which is being drained`;
  return `its schedulingStrategy names node ${nodeId}, which is too small: ${lacking(demand, [named])}`;
}

function whyNotIn(groupId: string, index: number, bundles: GroupView["bundles"]): string {
  const texts = bundles.map(({ resources }) => String(ResourceSet.from(resources)));
  if (index === -1) return `none of the bundles of placement group ${groupId} is large enough: ${texts.join(", ")}`;
  if (index >= bundles.length) return `placement group ${groupId} has no bundle ${index}; it has ${bundles.length}`;
  return `bundle ${index} of placement group ${groupId} is ${texts[index]}, and too small`;
}
