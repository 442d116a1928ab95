import { type NodeNumber, nodeOf } from "../../runtime/kernel/mod.ts";
import type { ObjectsActor } from "../objects/mod.ts";

/** Tells how much of some objects each node has, by node id, as far as is known here. */
export function bytesByNode(
  objects: ObjectsActor,
  nodeIdOf: (node: NodeNumber) => string | undefined,
): (ids: readonly string[]) => Record<string, number> {
  return (ids) => {
    const bytes: Record<string, number> = {};
    for (const [place, size] of objects.whereabouts(ids)) {
      const nodeId = nodeIdOf(nodeOf(place));
      if (nodeId !== undefined) bytes[nodeId] = (bytes[nodeId] ?? 0) + size;
    }
    return bytes;
  };
}
