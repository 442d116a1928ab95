import type { PendingDemand, PendingStatus } from "../../runtime/contracts/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import type { Unplaced } from "../scheduler/mod.ts";

/** A placement group that has not been placed. */
export interface WaitingGroup {
  readonly placementGroupId: string;
  readonly name: string | undefined;
  readonly bundles: readonly { readonly resources: Readonly<Record<string, number>>; readonly nodeId?: string }[];
  readonly why: string;
}

export interface WaitingSources {
  /** Tasks, as nodes report them. */
  readonly reported: Iterable<{ readonly nodeId: string; readonly pending: readonly PendingDemand[] }>;
  /** What the global scheduler has no node for: of such tasks, and of all actors that wait. */
  readonly unplaced: readonly Unplaced[];
  readonly groups: readonly WaitingGroup[];
}

/** All that waits in a cluster, and why. */
export function whatWaits({ reported, unplaced, groups }: WaitingSources): PendingStatus[] {
  const tasks = Array.from(reported).flatMap(({ nodeId, pending }) =>
    pending.map((demand): PendingStatus => ({ kind: "task", ...demand, nodeId, why: whyOf(demand, unplaced) })),
  );
  const actors = Map.groupBy(
    unplaced.filter(({ kind }) => kind === "actor"),
    ({ name, resources, nodeId, why }) => JSON.stringify([name, nodeId, why, keyOf(resources)]),
  );
  return [
    ...tasks,
    ...Array.from(actors.values(), (same): PendingStatus => ({ ...(same[0] as Unplaced), waiting: same.length })),
    ...groups.map(({ placementGroupId, name, bundles, why }): PendingStatus => {
      const missing = bundles.filter(({ nodeId }) => nodeId === undefined).map(({ resources }) => ResourceSet.from(resources));
      const resources = missing.reduce((sum, bundle) => sum.add(bundle), ResourceSet.EMPTY).toObject();
      return { kind: "placement group", name: name ?? placementGroupId, resources, waiting: 1, why };
    }),
  ];
}

/** Two classes of tasks may have the same name and ask for different things. */
function whyOf({ name, resources }: PendingDemand, unplaced: readonly Unplaced[]): string {
  const found = unplaced.find((each) => each.kind === "task" && each.name === name && keyOf(each.resources) === keyOf(resources));
  return found?.why ?? "what it needs is in use";
}

function keyOf(resources: Readonly<Record<string, number>>): string {
  return String(ResourceSet.from(resources));
}
