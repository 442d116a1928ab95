import { type NodeNumber, nodeOf, type PlaceId } from "../kernel/mod.ts";
import { nodeOfClaimant, type TaskBatch, type TaskTemplate } from "../tasks/mod.ts";
import type { Run } from "./derivation.ts";
import type { HeldLease } from "./leases.ts";

/** Where a task is, as far as its owner knows. */
export type Whereabouts =
  | { readonly at: "backlog" }
  | { readonly at: "lease"; readonly lease: HeldLease }
  | { readonly at: "batch"; readonly batch: TaskBatch; readonly index: number }
  | { readonly at: "scheduler" }
  /** At another node's scheduler or workers. */
  | { readonly at: "node"; readonly node: NodeNumber }
  | { readonly at: "inline" };

/** A task that its owner has submitted and that has not ended. Kept whole, so that it can be submitted again. */
export interface PendingTask extends Run {
  readonly template: TaskTemplate;
  /** The task during whose run it was submitted; cancelling that one cancels this one. */
  readonly parent: number | undefined;
  whereabouts: Whereabouts;
  cancelled: boolean;
}

export const IN_BACKLOG: Whereabouts = { at: "backlog" };
export const AT_SCHEDULER: Whereabouts = { at: "scheduler" };

/** The worker that runs the task, or none as far as the owner can tell. */
export function workerOf(task: PendingTask, placeOfSlot: (slot: number) => PlaceId): PlaceId | undefined {
  const { whereabouts } = task;
  if (whereabouts.at === "lease") return whereabouts.lease.worker;
  if (whereabouts.at !== "batch") return undefined;
  const claimant = whereabouts.batch.claimant(whereabouts.index);
  return claimant > 0 && nodeOfClaimant(claimant) === undefined ? placeOfSlot(claimant) : undefined;
}

/** Whether another node has the task. */
export function isAtNode({ whereabouts }: PendingTask, node: NodeNumber): boolean {
  if (whereabouts.at === "node") return whereabouts.node === node;
  if (whereabouts.at === "lease") return nodeOf(whereabouts.lease.worker) === node;
  return whereabouts.at === "batch" && nodeOfClaimant(whereabouts.batch.claimant(whereabouts.index)) === node;
}
