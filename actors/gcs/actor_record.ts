import type { PlaceId } from "../../runtime/kernel/mod.ts";
import type { ActorState } from "./actor_state.ts";
import { ownBytes } from "./bytes.ts";
import type { DeathRecord } from "./death.ts";
import type { Resources } from "./resources.ts";
import { assign, pick } from "./row.ts";
import type { LifeRow } from "./rows.ts";

/** What registers an actor. */
export interface ActorSpec {
  readonly actorId: string;
  readonly jobId: string;
  readonly className: string;
  readonly descriptorId: string;
  /** Default: the job's. */
  readonly namespace?: string;
  readonly name?: string;
  /** Owned by the control store: outlives its owner and its job. */
  readonly detached?: boolean;
  /** With a name that is taken: give that actor instead of a refusal. */
  readonly getIfExists?: boolean;
  /** Default 0; -1 for ever. */
  readonly maxRestarts?: number;
  /** What it holds while it runs. */
  readonly resources?: Resources;
  readonly placementGroupId?: string;
  readonly isolation?: string;
  /** True when no constructor argument has to be waited for. */
  readonly dependenciesReady?: boolean;
  /** What a scheduler needs to create or restart it, in its own encoding; dropped at death. */
  readonly creation?: Uint8Array;
}

/** An actor as seen from outside its table. Times are ms since the Unix epoch. */
export interface ActorInfo {
  readonly actorId: string;
  readonly state: ActorState;
  readonly className: string;
  readonly descriptorId: string;
  readonly jobId: string;
  readonly namespace: string;
  readonly name: string | undefined;
  readonly detached: boolean;
  /** The place that created it. */
  readonly owner: PlaceId;
  readonly maxRestarts: number;
  readonly numRestarts: number;
  /** 0 for the first creation, one more for each after it. */
  readonly incarnation: number;
  /** Where it lives, or, once DEAD, where it lived last. */
  readonly place: PlaceId | undefined;
  readonly nodeId: string | undefined;
  readonly workerId: string | undefined;
  readonly isolation: string | undefined;
  readonly resources: Resources;
  readonly placementGroupId: string | undefined;
  readonly registeredMs: number;
  /** When the present incarnation became ALIVE. */
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  /** Why it is DEAD, or why it is RESTARTING. */
  readonly death: DeathRecord | undefined;
}

const INFO: readonly (keyof ActorInfo)[] = [
  "actorId",
  "state",
  "className",
  "descriptorId",
  "jobId",
  "namespace",
  "name",
  "detached",
  "owner",
  "maxRestarts",
  "numRestarts",
  "incarnation",
  "place",
  "nodeId",
  "workerId",
  "isolation",
  "resources",
  "placementGroupId",
  "registeredMs",
  "startedMs",
  "endedMs",
  "death",
];
const STORED: readonly (keyof ActorRecord)[] = [...INFO, "creation", "order"];

/** One row of the actor table. A hundred thousand of them are the normal case: no closures, no maps. */
export class ActorRecord implements ActorInfo, LifeRow<ActorInfo> {
  readonly actorId: string;
  state: ActorState = "DEPENDENCIES_UNREADY";
  className = "";
  descriptorId = "";
  jobId = "";
  namespace = "";
  name: string | undefined = undefined;
  detached = false;
  owner: PlaceId = 0;
  maxRestarts = 0;
  numRestarts = 0;
  incarnation = 0;
  place: PlaceId | undefined = undefined;
  nodeId: string | undefined = undefined;
  workerId: string | undefined = undefined;
  isolation: string | undefined = undefined;
  resources: Resources = {};
  placementGroupId: string | undefined = undefined;
  registeredMs = 0;
  startedMs: number | undefined = undefined;
  endedMs: number | undefined = undefined;
  death: DeathRecord | undefined = undefined;
  creation: Uint8Array | undefined = undefined;
  order = 0;

  constructor(actorId: string) {
    this.actorId = actorId;
  }

  static restored(actorId: string, data: unknown): ActorRecord {
    const row = assign(new ActorRecord(actorId), data as Record<string, unknown>, STORED.slice(1));
    row.creation = row.creation && ownBytes(row.creation);
    return row;
  }

  info(): ActorInfo {
    return pick(this, INFO);
  }

  stored(): unknown {
    return pick(this, STORED);
  }
}
