/** Helpers for tests of programs that use Mobula. */
export { Cluster, type ClusterNode, type ClusterNodeOptions, type ClusterOptions } from "./cluster.ts";
export { type WaitForConditionOptions, waitForCondition } from "./wait_for_condition.ts";
