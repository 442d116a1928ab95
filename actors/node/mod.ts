/** A node's system worker: the system actors, composed, and what it is started with. */
export type {
  HostFace,
  ListenOptions,
  NodeConfig,
  NodeModules,
  SystemData,
  WorkerData,
} from "./node_config.ts";
export { SystemNode } from "./system_node.ts";
export type { SystemNodeOptions } from "./system_node_options.ts";
