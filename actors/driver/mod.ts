/** The driver's part: starting a node in this process and ending it. */

export { type JoinOrder, joinFor } from "./cluster_place.ts";
export { type Context, currentHost, init, shutdown } from "./init.ts";
export { type NodeProcess, type NodeProcessOptions, startNodeProcess } from "./node_process.ts";
export { type NodeOptions, type RunningNode, runNode } from "./run_node.ts";
