import { currentCall, isShadowRun } from "../context/mod.ts";
import type { PlacementGroupInfo } from "../contracts/mod.ts";
import { placementGroupId } from "../kernel/mod.ts";
import { type Bundle, type PlacementGroupLike, type PlacementGroupOptions, resolvePlacementGroup } from "../options/mod.ts";
import { keeper, PlacementGroupHandle } from "../placement_groups/mod.ts";
import { awaiting, neverInShadow, session } from "../session/mod.ts";
import type { PlacementGroup } from "../types/mod.ts";

export type { PlacementGroupInfo };

/**
 * Reserves bundles of resources together, all or none, for the tasks and actors whose `schedulingStrategy` names
 * the group. Returns at once; `await get(group.ready())` or `await group.wait(timeoutMs)` wait for the reservation,
 * and reject with PlacementGroupError when the name is taken or the group is removed.
 *
 * @throws TypeError, RangeError for bundles or options that can't be
 */
export function placementGroup(bundles: readonly Bundle[], options: PlacementGroupOptions = {}): PlacementGroup {
  const request = resolvePlacementGroup(bundles, options);
  if (isShadowRun()) return PlacementGroupHandle.of(["p-inert", request.name ?? null, request.bundles]);
  const { caller } = session();
  const id = placementGroupId(caller.place, caller.nextSequence());
  return PlacementGroupHandle.of([id, request.name ?? null, request.bundles], keeper().create(id, { ...request, ...job() }));
}

/**
 * Removes a placement group and gives its resources back. Tasks in it, also running ones, reject with
 * PlacementGroupError and their workers are stopped; actors in it die. Resolves when the group is removed; does
 * nothing when it is already.
 */
export async function removePlacementGroup(group: PlacementGroupLike): Promise<void> {
  if (isShadowRun()) return;
  if (typeof group?.id !== "string") throw new TypeError("removePlacementGroup() takes a placement group, as placementGroup() returns it");
  await awaiting(keeper().remove(group.id));
}

/** The placement group of that name in the caller's namespace. @throws PlacementGroupError when there is none */
export async function getPlacementGroup(name: string): Promise<PlacementGroup> {
  const shadow = neverInShadow();
  if (shadow !== undefined) return await shadow;
  if (typeof name !== "string") throw new TypeError(`getPlacementGroup() takes the name of a placement group, not ${typeof name}`);
  const { id, bundles } = await awaiting(keeper().lookup(name, job().namespace));
  return PlacementGroupHandle.of([id, name, bundles]);
}

/** Every placement group by its id, those removed lately included. */
export async function placementGroupTable(): Promise<Record<string, PlacementGroupInfo>> {
  const shadow = neverInShadow();
  if (shadow !== undefined) return await shadow;
  const groups = (await awaiting(keeper().table())) as PlacementGroupInfo[];
  return Object.fromEntries(groups.map((group) => [group.placementGroupId, group]));
}

function job(): { jobId: string; namespace: string } {
  const { jobId, namespace } = currentCall() ?? session().identity;
  return { jobId, namespace };
}
