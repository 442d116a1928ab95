import { DRAINED } from "../../runtime/contracts/mod.ts";
import type { Gcs, NodeInfo } from "../gcs/mod.ts";

/** What was on its way to a node when its draining began has come, or is known not to come, after this time. Milliseconds. */
const IN_FLIGHT_MS = 2_000;

/** The draining nodes that may end now, and why: nothing runs there any more, or their deadline has passed. */
export function drained(gcs: Gcs, nowMs: number): { nodeId: string; reason: string }[] {
  return gcs.nodes.live().flatMap((node) => {
    const { nodeId, drain } = node;
    if (drain === undefined) return [];
    if (nowMs >= (drain.deadlineMs ?? Infinity)) return [{ nodeId, reason: `${DRAINED} (${drain.reason}), and the time for that is over` }];
    return nowMs - drain.sinceMs > IN_FLIGHT_MS && isIdle(node, gcs) ? [{ nodeId, reason: `${DRAINED} (${drain.reason})` }] : [];
  });
}

function isIdle({ nodeId, total, available, pending }: NodeInfo, gcs: Gcs): boolean {
  if (pending.length > 0 || Object.entries(total).some(([name, all]) => (available[name] ?? 0) < all)) return false;
  for (const actor of gcs.actors.rows()) if (actor.nodeId === nodeId && actor.state !== "DEAD") return false;
  return true;
}
