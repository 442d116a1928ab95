/** A node's system worker: the system actors, composed, and what it is started with. */
export {
  type HostFace,
  JOIN_VARIABLE,
  type ListenOptions,
  type NodeConfig,
  type NodeModules,
  type ProcessJoin,
  type SystemData,
  type WorkerData,
} from "./node_config.ts";
export { SystemNode, type SystemNodeOptions } from "./system_node.ts";
