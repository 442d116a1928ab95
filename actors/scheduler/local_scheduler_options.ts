import type { Caller, Clock, Kernel, PlaceId } from "../../runtime/kernel/mod.ts";
import type { TaskTemplate } from "../../runtime/tasks/mod.ts";
import type { AcceleratorIds } from "./accelerator_ids.ts";
import type { Admission } from "./admission.ts";
import type { QueuedTask } from "./class_queue.ts";
import type { NodeResources } from "./node_resources.ts";
import type { SpilloverOptions } from "./spillover.ts";
import type { WorkerKind } from "./worker_slot.ts";

/** The workers that the scheduler may use. */
export interface Workers {
  /** Asks for one more; it will be told by `workerReady`. False when there are enough on their way or alive. */
  request(kind: WorkerKind, environment: string, waiting: number): boolean;
  /** Ends a worker; it will be told by `workerLost`. */
  kill(place: PlaceId, detail: string): void;
  /** Lets a worker end that the scheduler gives up. */
  retire(place: PlaceId): void;
}

export interface LocalSchedulerOptions {
  kernel: Kernel;
  clock: Clock;
  resources: NodeResources;
  accelerators: AcceleratorIds;
  /** What this node may run, and from which resources. */
  admission: Admission;
  workers: Workers;
  template(owner: PlaceId, number: number): TaskTemplate | undefined;
  /** Calls back once the template is known; never, when its owner goes before. */
  whenPublished(owner: PlaceId, number: number, action: () => void): void;
  /** Calls back once all these objects are on this node; returns the way to take that back. */
  whenHere(ids: readonly string[], action: () => void): () => void;
  /** The same once they are on some node. */
  whenAvailable(ids: readonly string[], action: () => void): () => void;
  places(): Iterable<PlaceId>;
  isolation: "thread" | "process";
  /** How tasks reach other nodes. */
  spillover: Pick<SpilloverOptions, "nodeId" | "global" | "alone" | "bytesByNode">;
  /** What could be scheduled has been; resources may be left. */
  scheduled(): void;
}

/** What workers and other nodes' schedulers ask for. */
export interface OwnContract {
  /** The worker ends when it has done what it has. */
  retire(caller: Caller): void;
  /** What the worker runs goes on though its owner is gone and its signal has said so: it has to be ended. */
  orphaned(caller: Caller): void;
  /** Tasks that were sent to the caller's node, and for which it has no room. */
  takeBack(caller: Caller, schedulingClass: string, tasks: readonly QueuedTask[]): void;
}
