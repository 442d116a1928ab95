import type { Random } from "../../runtime/kernel/mod.ts";
import { type LabelCondition, type LabelSelector, matchesLabels, parseSelector } from "../../runtime/options/mod.ts";
import type { ResourceSet } from "../../runtime/resources/mod.ts";
import { feasible, fitsNow, type HybridOptions, type NodeView, pickAmong, scoreOf } from "./policy/mod.ts";

interface Ranked {
  readonly nodeId: string;
  readonly score: number;
  /** It has no GPU, or the demand wants one. */
  readonly plain: boolean;
}

/**
 * The nodes that have room for one demand now, of those whose labels meet a selector, in the order in which policies
 * look at them, kept up to date as nodes change. It answers as `hybrid` and `spread` do for the same nodes, without
 * looking at all of them.
 */
export class NodeRanking {
  readonly #demand: ResourceSet;
  readonly #wantsGpu: boolean;
  readonly #conditions: readonly LabelCondition[];
  readonly #ranked: Map<string, Ranked> = new Map();
  readonly #byScore: Ranked[] = [];
  #plain = 0;
  readonly #ids: string[] = [];
  readonly #feasible: Set<string> = new Set();

  constructor(demand: ResourceSet, selector?: LabelSelector) {
    this.#demand = demand;
    this.#conditions = selector === undefined ? [] : parseSelector(selector);
    this.#wantsGpu = demand.get("GPU") > 0;
  }

  /** The node is this way now. */
  set(view: NodeView): void {
    const { nodeId } = view;
    if (!matchesLabels(this.#conditions, view.labels)) {
      this.delete(nodeId);
      return;
    }
    if (feasible(view, this.#demand)) this.#feasible.add(nodeId);
    else this.#feasible.delete(nodeId);
    const before = this.#ranked.get(nodeId);
    if (!fitsNow(view, this.#demand)) {
      if (before !== undefined) this.#remove(before);
      return;
    }
    const ranked: Ranked = { nodeId, score: scoreOf(view), plain: this.#wantsGpu || view.total.get("GPU") === 0 };
    if (before !== undefined && before.score === ranked.score && before.plain === ranked.plain) return;
    if (before === undefined) this.#ids.splice(placeOf(this.#ids, nodeId, compareIds), 0, nodeId);
    else this.#unscore(before);
    this.#ranked.set(nodeId, ranked);
    this.#byScore.splice(placeOf(this.#byScore, ranked, compare), 0, ranked);
    if (ranked.plain) this.#plain++;
  }

  delete(nodeId: string): void {
    this.#feasible.delete(nodeId);
    const ranked = this.#ranked.get(nodeId);
    if (ranked !== undefined) this.#remove(ranked);
  }

  /** Whether that node has room now. */
  hasRoom(nodeId: string): boolean {
    return this.#ranked.has(nodeId);
  }

  /** Whether that node could ever have the demand. */
  couldHave(nodeId: string): boolean {
    return this.#feasible.has(nodeId);
  }

  /** Whether a node, of those that are not `without`, could ever have the demand. */
  isFeasible(without?: string): boolean {
    return this.#feasible.size > (without !== undefined && this.#feasible.has(without) ? 1 : 0);
  }

  /** As `hybrid` picks among the nodes with room. */
  best(options: { random: Random; local?: string | undefined; without?: string | undefined } & Pick<HybridOptions, "topShare">): string | undefined {
    const { without, local } = options;
    const left = without === undefined ? undefined : this.#ranked.get(without);
    // Those with plain nodes first: they are all that counts as long as there are some.
    const plain = this.#plain - (left?.plain === true ? 1 : 0);
    const count = plain > 0 ? plain : this.#byScore.length - (left === undefined ? 0 : 1);
    if (count === 0) return undefined;
    const gap = left === undefined ? Number.POSITIVE_INFINITY : placeOf(this.#byScore, left, compare);
    const at = (index: number): Ranked => this.#byScore[index < gap ? index : index + 1] as Ranked;
    const own = local === undefined || local === without ? undefined : this.#ranked.get(local);
    if (own !== undefined && (plain === 0 || own.plain) && own.score <= at(0).score) return own.nodeId;
    return at(pickAmong(count, options)).nodeId;
  }

  /** As `spread` picks among the nodes with room: the next after `last`. */
  next(last: string | undefined, without?: string): string | undefined {
    const ids = this.#ids;
    let index = last === undefined ? 0 : placeOf(ids, last, compareIds);
    if (ids[index] === last) index++;
    for (let tried = 0; tried < Math.min(2, ids.length); tried++, index++) {
      const id = ids[index % ids.length];
      if (id !== without) return id;
    }
    return undefined;
  }

  #remove(ranked: Ranked): void {
    this.#ranked.delete(ranked.nodeId);
    this.#ids.splice(placeOf(this.#ids, ranked.nodeId, compareIds), 1);
    this.#unscore(ranked);
  }

  #unscore(ranked: Ranked): void {
    this.#byScore.splice(placeOf(this.#byScore, ranked, compare), 1);
    if (ranked.plain) this.#plain--;
  }
}

/** Where the item is in the list, or belongs. */
function placeOf<T>(sorted: readonly T[], item: T, order: (a: T, b: T) => number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(sorted[middle] as T, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compare(a: Ranked, b: Ranked): number {
  if (a.plain !== b.plain) return a.plain ? -1 : 1;
  return a.score - b.score || compareIds(a.nodeId, b.nodeId);
}

function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
