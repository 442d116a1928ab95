import type { GlobalSchedulerContract, PlacementDemand } from "../../runtime/contracts/mod.ts";
import type { Remote } from "../../runtime/kernel/mod.ts";
import type { ResourceSet } from "../../runtime/resources/mod.ts";
import type { Bundles } from "./bundles.ts";
import type { NodeResources } from "./node_resources.ts";

/** Something that waits for resources of this node: a scheduling class, or an actor. */
export interface Candidate {
  readonly demand: ResourceSet;
  readonly placement: PlacementDemand;
}

export interface AdmissionOptions {
  nodeId: string;
  /** Whether anything may run here at all. */
  takesWork: boolean;
  resources: NodeResources;
  bundles: Bundles;
  global: Pick<Remote<GlobalSchedulerContract>, "place" | "withdraw">;
  /** A candidate may be looked at again. */
  changed(): void;
}

type Verdict = "asked" | "here" | "elsewhere";

/**
 * Decides what a node's scheduler may place by itself, and from which resources it is served: bottom-up, so that
 * what fits here and says nothing else never leaves the node. The rest is asked of the global scheduler, once a
 * candidate; its answer may take until a node joins or a placement group is made.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #verdicts: WeakMap<Candidate, Verdict> = new WeakMap();
  readonly #tickets: WeakMap<Candidate, string> = new WeakMap();
  #asked = 0;
  #closed = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** From now on nothing is this node's to run, but for what belongs to a placement group that has a part of it. */
  close(): void {
    this.#closed = true;
  }

  /** Whether it is too late for the candidate to begin here, though another node has chosen this one for it. */
  turnsAway(candidate: Candidate): boolean {
    const group = groupOf(candidate);
    return this.#closed && (group === undefined || !this.#options.bundles.has(group));
  }

  /** Whether the candidate is this node's to run. Asks when that is not known; `refuse` hears of a refusal. */
  admits(candidate: Candidate, refuse: (error: unknown) => void): boolean {
    const verdict = this.#verdicts.get(candidate);
    if (verdict !== undefined) return verdict === "here";
    const ours = this.#isOurs(candidate);
    if (ours) this.#verdicts.set(candidate, "here");
    else this.#ask(candidate, refuse);
    return ours;
  }

  /** Whether the candidate is this node's to run, as far as is known; nobody is asked. */
  runsHere(candidate: Candidate): boolean {
    if (this.#closed && groupOf(candidate) === undefined) return false;
    const verdict = this.#verdicts.get(candidate);
    if (verdict !== undefined) return verdict === "here";
    const ours = this.#isOurs(candidate);
    if (ours) this.settle(candidate);
    return ours;
  }

  /** The candidate may run here: somebody who knows has said so. */
  settle(candidate: Candidate): void {
    this.#verdicts.set(candidate, "here");
  }

  /** The candidate is not wanted any more. */
  forget(candidate: Candidate): void {
    const ticket = this.#tickets.get(candidate);
    if (ticket !== undefined && this.#verdicts.get(candidate) === "asked") this.#options.global.withdraw(ticket).catch(() => {});
  }

  /** The resources that the candidate is served from; none while it does not fit there. */
  roomFor({ demand, placement }: Candidate): NodeResources | undefined {
    const { schedulingStrategy: strategy } = placement;
    const { resources, bundles } = this.#options;
    if (typeof strategy === "object" && "placementGroupId" in strategy) {
      return bundles.roomFor(strategy.placementGroupId, strategy.bundleIndex, demand);
    }
    return resources.has(demand) ? resources : undefined;
  }

  /** It fits, and nothing it says could lead elsewhere. */
  #isOurs({ demand, placement }: Candidate): boolean {
    const { schedulingStrategy: strategy, labelSelector, fallbackStrategy } = placement;
    const { nodeId, takesWork, resources } = this.#options;
    if (!takesWork || this.#closed || labelSelector !== undefined || fallbackStrategy !== undefined) return false;
    const named = typeof strategy === "object" && "nodeId" in strategy && strategy.nodeId === nodeId;
    return (strategy === undefined || strategy === "DEFAULT" || named) && resources.feasible(demand);
  }

  #ask(candidate: Candidate, refuse: (error: unknown) => void): void {
    const { global, nodeId, changed } = this.#options;
    this.#verdicts.set(candidate, "asked");
    const ticket = `${nodeId}/actor ${this.#asked++}`;
    this.#tickets.set(candidate, ticket);
    global.place(candidate.placement, nodeId, ticket).then(
      (chosen) => {
        this.#verdicts.set(candidate, chosen === nodeId ? "here" : "elsewhere");
        if (chosen === nodeId) changed();
      },
      (error) => {
        this.#verdicts.delete(candidate);
        refuse(error);
      },
    );
  }
}

/** The placement group that a candidate is to run in. */
export function groupOf({ placement }: Candidate): string | undefined {
  const { schedulingStrategy: strategy } = placement;
  return typeof strategy === "object" && "placementGroupId" in strategy ? strategy.placementGroupId : undefined;
}
