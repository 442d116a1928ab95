import { isMobulaError } from "../../runtime/errors/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";

/** No node can ever have the actor: to try again would end the same way. */
export function isRefusal(error: unknown): boolean {
  return isMobulaError(error, "ACTOR_UNSCHEDULABLE") || isMobulaError(error, "PLACEMENT_GROUP_ERROR");
}

/** The placement group that the actor's row names. */
export function placementOf(strategy: ActorTemplate["options"]["schedulingStrategy"]): { placementGroupId?: string } {
  return typeof strategy === "object" && "placementGroupId" in strategy ? { placementGroupId: strategy.placementGroupId } : {};
}
