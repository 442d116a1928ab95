import type { PlaceId } from "../../runtime/kernel/mod.ts";
import type { PlacementGroupState } from "./placement_group_state.ts";
import type { Resources } from "./resources.ts";
import { assign, pick } from "./row.ts";
import type { LifeRow } from "./rows.ts";

export type PlacementStrategy = "PACK" | "SPREAD" | "STRICT_PACK" | "STRICT_SPREAD";

export interface PlacementGroupSpec {
  readonly placementGroupId: string;
  readonly jobId: string;
  readonly bundles: readonly Resources[];
  readonly strategy: PlacementStrategy;
  /** Default: the job's. */
  readonly namespace?: string;
  readonly name?: string;
  readonly detached?: boolean;
}

/** One bundle: what it reserves, and on which node when it has been placed. */
export interface Bundle {
  readonly resources: Resources;
  readonly nodeId?: string;
}

/** A placement group as seen from outside its table. Times are ms since the Unix epoch. */
export interface PlacementGroupInfo {
  readonly placementGroupId: string;
  readonly state: PlacementGroupState;
  readonly name: string | undefined;
  readonly namespace: string;
  readonly jobId: string;
  readonly detached: boolean;
  readonly owner: PlaceId;
  readonly strategy: PlacementStrategy;
  readonly bundles: readonly Bundle[];
  readonly registeredMs: number;
  readonly createdMs: number | undefined;
  readonly endedMs: number | undefined;
}

const INFO: readonly (keyof PlacementGroupInfo)[] = [
  "placementGroupId",
  "state",
  "name",
  "namespace",
  "jobId",
  "detached",
  "owner",
  "strategy",
  "bundles",
  "registeredMs",
  "createdMs",
  "endedMs",
];
const STORED: readonly (keyof PlacementGroupRecord)[] = [...INFO, "order"];

export class PlacementGroupRecord implements PlacementGroupInfo, LifeRow<PlacementGroupInfo> {
  readonly placementGroupId: string;
  state: PlacementGroupState = "PENDING";
  name: string | undefined = undefined;
  namespace = "";
  jobId = "";
  detached = false;
  owner: PlaceId = 0;
  strategy: PlacementStrategy = "PACK";
  /** Replaced, never changed: a copy given out shares it. */
  bundles: readonly Bundle[] = [];
  registeredMs = 0;
  createdMs: number | undefined = undefined;
  endedMs: number | undefined = undefined;
  order = 0;

  constructor(placementGroupId: string) {
    this.placementGroupId = placementGroupId;
  }

  static restored(placementGroupId: string, data: unknown): PlacementGroupRecord {
    return assign(new PlacementGroupRecord(placementGroupId), data as Record<string, unknown>, STORED.slice(1));
  }

  info(): PlacementGroupInfo {
    return pick(this, INFO);
  }

  stored(): unknown {
    return pick(this, STORED);
  }
}
