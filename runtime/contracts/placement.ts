import type { Caller, NodeNumber } from "../kernel/mod.ts";
import type { Fallback, LabelSelector, ResolvedStrategy } from "../options/mod.ts";

/** What a scheduling class of tasks, or an actor, asks for when it is to be placed: plain data. */
export interface PlacementDemand {
  readonly kind: "task" | "actor";
  /** The function's or class's name, for messages. */
  readonly name: string;
  readonly resources: Readonly<Record<string, number>>;
  readonly schedulingStrategy: ResolvedStrategy | undefined;
  readonly labelSelector: LabelSelector | undefined;
  readonly fallbackStrategy: readonly Fallback[] | undefined;
}

/** How many of the tasks that were asked about a node has room for at this moment. */
export type Allotment = readonly [nodeId: string, node: NodeNumber, tasks: number];

export interface AllotmentAsk {
  /** Names the question for `withdraw`; no other has it. */
  readonly ticket: string;
  /** The node that asks. */
  readonly from: string;
  readonly wanted: number;
  /** The node that asks is full. */
  readonly elsewhere: boolean;
  readonly locality?: Readonly<Record<string, number>>;
}

/** The scheduler of the whole cluster: places what a node's own scheduler can't, or may not, place by itself. */
export interface GlobalSchedulerContract {
  /**
   * The node on which it is to run. Answers once there is such a node, however long that takes: users have been
   * warned by then. `from` is the node that asks; `ticket` names the question for `withdraw`.
   *
   * @throws TaskUnschedulableError, ActorUnschedulableError when no node can ever have it
   * @throws PlacementGroupError when its placement group is gone
   */
  place(caller: Caller, demand: PlacementDemand, from: string, ticket: string): Promise<string> | string;
  /**
   * Nodes with room for up to `wanted` tasks with that demand, and for how many each; at least for one. Otherwise as
   * `place`. `locality`: bytes of the arguments that nodes have already, by node id.
   */
  allot(caller: Caller, demand: PlacementDemand, ask: AllotmentAsk): Promise<Allotment[]>;
  /** Nothing waits for that question any more: it is rejected, if it has no answer yet. */
  withdraw(caller: Caller, ticket: string): void;
}

/** A node's part in reserving the bundles of placement groups: the two phases. All or nothing on each node. */
export interface BundlesContract {
  /** Reserves these bundles, by their numbers in the group. False when they do not fit now; nothing is held then. */
  prepareBundles(
    caller: Caller,
    groupId: string,
    bundles: readonly (readonly [index: number, resources: Readonly<Record<string, number>>])[],
  ): boolean;
  /** What is prepared may be used. False when it is not there any more. */
  commitBundles(caller: Caller, groupId: string): boolean;
  /** Another node could not: what was prepared goes back, and what the group has here besides stays. */
  unprepareBundles(caller: Caller, groupId: string, indexes: readonly number[]): void;
  /** Gives back what is prepared or committed, and ends what runs in it. `fault` is an encoded error for its owners. */
  returnBundles(caller: Caller, groupId: string, fault: Uint8Array): void;
  /** The group's bundles here are to be on other nodes: what runs in them ends first, and what waits goes after them. */
  vacateBundles(caller: Caller, groupId: string): void;
  /** Something waits for resources that idle leases hold: they are called back. */
  makeRoom(caller: Caller): void;
}
