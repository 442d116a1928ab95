import type { ResourceSet as Resources } from "../../runtime/resources/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import type { NodeInfo, NodeTable } from "../gcs/mod.ts";
import type { NodeView } from "../scheduler/mod.ts";

export interface NodeViewsOptions {
  nodes: NodeTable;
  /** The head's own node, and what it has free at this moment: better known than what it has told. */
  own: string;
  available(): Resources;
  takesWork(nodeId: string): boolean;
}

/** The node table as schedulers see it. A view is made anew when its node has changed, and is the same object until then. */
export class NodeViews {
  readonly #options: NodeViewsOptions;
  readonly #at: Map<string, number> = new Map();
  #views: NodeView[] = [];

  constructor(options: NodeViewsOptions) {
    this.#options = options;
  }

  get all(): readonly NodeView[] {
    const { own, available } = this.#options;
    const at = this.#at.get(own);
    const view = at === undefined ? undefined : this.#views[at];
    if (view !== undefined && view.available !== available()) this.#views[at as number] = { ...view, available: available() };
    return this.#views;
  }

  /** The node has joined, or has told something. */
  changed(nodeId: string): void {
    const node = this.#options.nodes.get(nodeId);
    if (node === undefined || node.state === "DEAD") return;
    const at = this.#at.get(nodeId);
    const view = this.#viewOf(node, at === undefined ? undefined : this.#views[at]);
    if (at !== undefined) this.#views[at] = view;
    else {
      this.#at.set(nodeId, this.#views.length);
      this.#views.push(view);
    }
  }

  /** Nodes may be gone. */
  gone(): void {
    this.#views = this.#views.filter(({ nodeId }) => {
      const state = this.#options.nodes.get(nodeId)?.state;
      return state !== undefined && state !== "DEAD";
    });
    this.#at.clear();
    for (const [index, { nodeId }] of this.#views.entries()) this.#at.set(nodeId, index);
  }

  #viewOf({ nodeId, state, labels, total, available }: NodeInfo, before: NodeView | undefined): NodeView {
    const { own, takesWork } = this.#options;
    const free = nodeId === own ? this.#options.available() : ResourceSet.from(available);
    const all = ResourceSet.from(total);
    return {
      nodeId,
      labels,
      total: before?.total.equals(all) === true ? before.total : all,
      available: before?.available.equals(free) === true ? before.available : free,
      alive: true,
      draining: state === "DRAINING" || !takesWork(nodeId),
    };
  }
}
