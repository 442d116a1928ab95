import type { Death } from "../../runtime/errors/mod.ts";
import type { NodeInfo } from "../gcs/mod.ts";

/** Why a node is to be taken for dead. */
export interface NodeEnd {
  readonly cause: "disconnected" | "unresponsive" | "terminated";
  readonly detail: string;
}

/** The death of a node as others hear of it long after, when its row may be forgotten. */
export function pastDeath(node: NodeInfo | undefined): Death {
  const { nodeId, pid, endedMs, death } = node ?? {};
  return {
    cause: death?.cause === "terminated" ? "terminated" : "node-died",
    ...(endedMs !== undefined && { at: endedMs }),
    ...(nodeId !== undefined && { nodeId }),
    ...(pid !== undefined && { pid }),
    detail: death?.detail ?? "it was gone before this node joined",
  };
}
