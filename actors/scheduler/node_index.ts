import type { LabelSelector } from "../../runtime/options/mod.ts";
import type { ResourceSet } from "../../runtime/resources/mod.ts";
import { NodeRanking } from "./node_ranking.ts";
import { byId, type NodeView } from "./policy/mod.ts";

/** Demands for which nodes are kept in order; what is asked for more rarely is looked up anew. */
const RANKINGS_AT_MOST = 16;

interface Entry {
  /** As the node has told. */
  told: NodeView;
  /** What it was chosen for since. */
  promised: ResourceSet[];
  /** As it counts: what is promised is taken from what is free. */
  view: NodeView;
}

/** The nodes as the global scheduler counts them, found by id, and by what they have room for. */
export class NodeIndex {
  readonly #entries: Map<string, Entry> = new Map();
  /** What was told last, in the order in which it was. */
  #told: NodeView[] = [];
  #all: readonly NodeView[] | undefined;
  /** By demand, the one that was asked for last at the end. */
  readonly #rankings: Map<string, NodeRanking> = new Map();

  /** Takes in what nodes say now. A view that is the same object has not changed. */
  sync(views: readonly NodeView[]): void {
    const told = this.#told;
    let same = views.length === told.length;
    if (!same) this.#retain(views);
    for (let i = 0; i < views.length; i++) {
      const view = views[i] as NodeView;
      if (view === told[i]) continue;
      if (same && told[i]?.nodeId !== view.nodeId) {
        same = false;
        this.#retain(views);
      }
      told[i] = view;
      const entry = this.#entries.get(view.nodeId);
      if (entry?.told === view) continue;
      const updated: Entry = { told: view, promised: entry?.promised ?? [], view };
      this.#entries.set(view.nodeId, updated);
      this.#count(updated);
    }
  }

  get(nodeId: string): NodeView | undefined {
    return this.#entries.get(nodeId)?.view;
  }

  /** All of them, in the order of their ids. */
  get all(): readonly NodeView[] {
    this.#all ??= Array.from(this.#entries.values(), ({ view }) => view).sort(byId);
    return this.#all;
  }

  /** The nodes in order for one demand, of those whose labels meet the selector. */
  ranking(demand: ResourceSet, selector?: LabelSelector): NodeRanking {
    const key = selector === undefined ? demand.key : `${demand.key} ${JSON.stringify(selector)}`;
    let ranking = this.#rankings.get(key);
    if (ranking === undefined) {
      ranking = new NodeRanking(demand, selector);
      for (const { view } of this.#entries.values()) ranking.set(view);
    } else this.#rankings.delete(key);
    this.#rankings.set(key, ranking);
    const [oldest] = this.#rankings.keys();
    if (this.#rankings.size > RANKINGS_AT_MOST) this.#rankings.delete(oldest as string);
    return ranking;
  }

  /** The node was chosen for something: that is taken from what it has free, if it is. */
  promise(nodeId: string, resources: ResourceSet): void {
    const entry = this.#entries.get(nodeId);
    if (entry === undefined) return;
    entry.promised.push(resources);
    if (resources.fits(entry.view.available)) this.#show(entry, { ...entry.view, available: entry.view.available.subtract(resources) });
  }

  /** Takes back up to `count` promises, of those that are left. */
  withdraw(nodeId: string, resources: ResourceSet, count: number): void {
    const entry = this.#entries.get(nodeId);
    if (entry === undefined) return;
    let left = count;
    const kept = entry.promised.filter((promised) => promised !== resources || left-- <= 0);
    if (kept.length === entry.promised.length) return;
    entry.promised = kept;
    this.#count(entry);
  }

  /** The node has told what it has free: what it was chosen for shows there, or will at once. */
  reported(nodeId: string): void {
    const entry = this.#entries.get(nodeId);
    if (entry === undefined || entry.promised.length === 0) return;
    entry.promised = [];
    this.#count(entry);
  }

  /** What of a node is free, once what is promised is taken. */
  #count(entry: Entry): void {
    let { available } = entry.told;
    for (const promised of entry.promised) if (promised.fits(available)) available = available.subtract(promised);
    this.#show(entry, available === entry.told.available ? entry.told : { ...entry.told, available });
  }

  #show(entry: Entry, view: NodeView): void {
    entry.view = view;
    this.#all = undefined;
    for (const ranking of this.#rankings.values()) ranking.set(view);
  }

  /** Lets go of all nodes but these. */
  #retain(views: readonly NodeView[]): void {
    this.#told.length = Math.min(this.#told.length, views.length);
    const ids = new Set(views.map(({ nodeId }) => nodeId));
    for (const nodeId of this.#entries.keys()) {
      if (ids.has(nodeId)) continue;
      this.#entries.delete(nodeId);
      for (const ranking of this.#rankings.values()) ranking.delete(nodeId);
    }
    this.#all = undefined;
  }
}
