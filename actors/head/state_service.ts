import type { StateContract } from "../../runtime/contracts/mod.ts";
import type { Caller, Clock } from "../../runtime/kernel/mod.ts";
import type { ResourceSet } from "../../runtime/resources/mod.ts";
import { type Gcs, type StateKind, timeline } from "../gcs/mod.ts";

export interface StateServiceOptions {
  gcs: Gcs;
  clock: Pick<Clock, "now">;
  /** The head's own node, and what it has free at this moment: better known than what it has told. */
  nodeId: string;
  available(): ResourceSet;
  /** Resolves when every node has told what its workers have to tell, as far as they are not busy. */
  settle(): Promise<void>;
}

/** The control store's tables, for those who ask what there is. */
export class StateService implements StateContract {
  readonly #options: StateServiceOptions;

  constructor(options: StateServiceOptions) {
    this.#options = options;
  }

  nodes(): Record<string, unknown>[] {
    return [...this.#options.gcs.nodes.rows()].map(({ nodeId, state, total, labels, pid, address, head, runtime }) => {
      return { nodeId, alive: state !== "DEAD", state, resources: total, labels, pid, address, head, runtime };
    });
  }

  resources(): { total: Record<string, number>; available: Record<string, number> } {
    const { gcs, nodeId, available } = this.#options;
    gcs.nodes.report({ nodeId, available: available().toObject() });
    return { total: gcs.nodes.totalResources(), available: gcs.nodes.availableResources() };
  }

  state(_caller: Caller, query: { kind: string; id?: string; limit?: number }): unknown {
    const { state } = this.#options.gcs;
    if (query.id !== undefined) return state.get(query.kind as StateKind, query.id);
    return state.list(query.kind as StateKind, query.limit === undefined ? {} : { limit: query.limit });
  }

  async timeline(): Promise<unknown[]> {
    const { gcs, clock, settle } = this.#options;
    await settle();
    return timeline(gcs.tasks.rows(), { nowMs: clock.now() }) as unknown[];
  }
}
