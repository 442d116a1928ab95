import type { Allotment, AllotmentAsk, GlobalSchedulerContract, PlacementDemand } from "../../runtime/contracts/mod.ts";
import { ActorUnschedulableError, PlacementGroupError, TaskUnschedulableError } from "../../runtime/errors/mod.ts";
import type { Caller, Clock, NodeNumber, Random } from "../../runtime/kernel/mod.ts";
import type { Bundle, LabelSelector, PlacementStrategy } from "../../runtime/options/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import {
  type BundlePlacement,
  type Choice,
  hybrid,
  labels,
  locality,
  matching,
  type NodeView,
  nodeAffinity,
  type Policy,
  placeBundles,
  spread,
  usable,
} from "./policy/mod.ts";
import { Promises } from "./promises.ts";

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
  /** Tells users why something waits. */
  warn(text: string): void;
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
  /** What nodes were chosen for just now. */
  readonly #promised: Promises = new Promises();

  constructor(options: GlobalSchedulerOptions) {
    this.#options = options;
  }

  async place(_caller: Caller, demand: PlacementDemand, from: string): Promise<string> {
    const [[nodeId]] = await this.#ask(demand, { from, wanted: 1, elsewhere: false });
    return nodeId;
  }

  async allot(_caller: Caller, demand: PlacementDemand, ask: AllotmentAsk): Promise<Allotment[]> {
    const allotted = await this.#ask(demand, ask);
    return allotted.flatMap(([nodeId, tasks]) => {
      const node = this.#options.numberOf(nodeId);
      return node === undefined ? [] : [[nodeId, node, tasks] as const];
    });
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
    this.#promised.reported(nodeId);
    this.changed();
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

  /** What waits, and what keeps it. */
  unplaced(): { name: string; resources: Readonly<Record<string, number>>; why: string }[] {
    return this.#pending.map((pending) => {
      const { name, resources } = pending.demand;
      const why = pending.warned ? this.#missing(pending) : "it fits, and every node that could have it is full";
      return { name, resources, why };
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
      else if (given === undefined && !inGroup) this.#warn(pending);
      return given !== undefined && given.size > 0;
    } catch (error) {
      pending.reject(error);
      return true;
    }
  }

  /** Tasks by node; none of them when those that could have one are full, and undefined when there are none. */
  #onNodes(pending: Pending): Map<string, number> | undefined {
    const { ask, resources, demand } = pending;
    const all = this.#promised.apply(this.#options.nodes());
    const nodes = ask.elsewhere ? all.filter(({ nodeId }) => nodeId !== ask.from) : [...all];
    const given = new Map<string, number>();
    for (let left = ask.wanted; left > 0; left--) {
      const choice = this.#choose(pending, nodes);
      // Full on this node, and the only one: no reason to warn.
      if (choice === undefined) return given.size > 0 || (ask.elsewhere && this.#choose(pending, all) !== undefined) ? given : undefined;
      if (!choice.now && (given.size > 0 || !isNamed(demand, choice.nodeId))) return given;
      given.set(choice.nodeId, (given.get(choice.nodeId) ?? 0) + 1);
      if (!choice.now || resources.isEmpty) {
        given.set(choice.nodeId, ask.wanted);
        break;
      }
      take(nodes, choice.nodeId, resources);
    }
    for (const [nodeId, tasks] of given) {
      if (nodeId !== ask.from) this.#promised.add(nodeId, { resources, tasks, clock: this.#options.clock, expired: () => this.changed() });
    }
    return given;
  }

  #choose(pending: Pending, nodes: readonly NodeView[]): Choice | undefined {
    const { demand, resources, ask } = pending;
    const { random } = this.#options;
    const { schedulingStrategy: strategy } = demand;
    const best: Policy = (among, needs) => hybrid(among, needs, { random, local: ask.from });
    const bytes = ask.locality && new Map(Object.entries(ask.locality));
    const anywhere: Policy = bytes === undefined ? best : (among, needs) => locality(among, needs, { bytes, otherwise: best });
    let policy = anywhere;
    if (strategy === "SPREAD") {
      policy = (among, needs) => {
        const choice = spread(among, needs, { last: this.#lastSpread });
        this.#lastSpread = choice?.nodeId ?? this.#lastSpread;
        return choice;
      };
    } else if (typeof strategy === "object" && "nodeId" in strategy) {
      const { nodeId, soft } = strategy;
      policy = (among, needs) => nodeAffinity(among, needs, { nodeId, soft, otherwise: anywhere });
      if (!soft) {
        const choice = policy(nodes, resources);
        if (choice === undefined) throw unschedulable(demand, whyNotOn(nodes, nodeId, resources));
        return choice;
      }
    }
    const selectors = selectorsOf(demand);
    return selectors.length === 0 ? policy(nodes, resources) : labels(nodes, resources, { selectors, among: policy });
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
    const given = new Map<string, number>();
    for (const { nodeId } of able) if (nodeId !== undefined && given.size < ask.wanted) given.set(nodeId, ask.wanted);
    return given;
  }

  #warn(pending: Pending): void {
    if (pending.warned) return;
    pending.warned = true;
    const { kind, name } = pending.demand;
    this.#options.warn(`${kind} ${name} cannot be scheduled and waits: ${this.#missing(pending)}`);
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

/** Takes what a task needs from a node of the list. */
function take(nodes: NodeView[], nodeId: string, resources: ResourceSet): void {
  const at = nodes.findIndex((node) => node.nodeId === nodeId);
  const node = nodes[at] as NodeView;
  nodes[at] = { ...node, available: node.available.subtract(resources) };
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
