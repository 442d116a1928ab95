import type { PendingDemand } from "../../runtime/contracts/mod.ts";
import type { NodeNumber } from "../../runtime/kernel/mod.ts";
import type { DeathRecord } from "./death.ts";
import type { NodeState } from "./node_state.ts";
import type { Resources } from "./resources.ts";
import { assign, pick } from "./row.ts";
import type { LifeRow } from "./rows.ts";

/** What a node says of itself when it joins. */
export interface NodeSpec {
  readonly nodeId: string;
  /** The number that the head handed out to it (`NodeTable.nextNumber`); the head's own is `HEAD_NODE`. */
  readonly number?: NodeNumber;
  /** Where others reach it. */
  readonly address: string;
  readonly resources: Resources;
  readonly labels?: Readonly<Record<string, string>>;
  readonly name?: string;
  readonly head?: boolean;
  readonly pid?: number;
  /** "bun" or "deno". */
  readonly runtime?: string;
}

export interface NodeDrain {
  readonly reason: string;
  /** When it goes whether finished or not: ms since the Unix epoch. */
  readonly deadlineMs?: number;
}

/** A drain as a node has it. */
export interface NodeDraining extends NodeDrain {
  readonly sinceMs: number;
}

/** A node as seen from outside its table. Times are ms since the Unix epoch. */
export interface NodeInfo {
  readonly nodeId: string;
  /** Its number in places: never another node's, also after its death. */
  readonly number: NodeNumber | undefined;
  readonly state: NodeState;
  readonly address: string;
  readonly name: string | undefined;
  readonly head: boolean;
  readonly pid: number | undefined;
  readonly runtime: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly total: Resources;
  /** As last reported; empty until the node reports. */
  readonly available: Resources;
  /** What waits on the node, as last reported. */
  readonly pending: readonly PendingDemand[];
  readonly startedMs: number;
  readonly endedMs: number | undefined;
  readonly heardMs: number;
  readonly drain: NodeDraining | undefined;
  readonly death: DeathRecord | undefined;
}

const INFO: readonly (keyof NodeInfo)[] = [
  "nodeId",
  "number",
  "state",
  "address",
  "name",
  "head",
  "pid",
  "runtime",
  "labels",
  "total",
  "available",
  "pending",
  "startedMs",
  "endedMs",
  "heardMs",
  "drain",
  "death",
];
/** Reports come many times a second, and an old one is worth nothing after a restart: not stored. */
const REPORTED: readonly string[] = ["available", "pending", "heardMs"];
const STORED = [...INFO.filter((key) => !REPORTED.includes(key)), "order"] as readonly (keyof NodeRecord)[];

export class NodeRecord implements NodeInfo, LifeRow<NodeInfo> {
  readonly nodeId: string;
  number: NodeNumber | undefined = undefined;
  state: NodeState = "ALIVE";
  address = "";
  name: string | undefined = undefined;
  head = false;
  pid: number | undefined = undefined;
  runtime: string | undefined = undefined;
  labels: Readonly<Record<string, string>> = {};
  total: Resources = {};
  available: Resources = {};
  pending: readonly PendingDemand[] = [];
  startedMs = 0;
  endedMs: number | undefined = undefined;
  heardMs = 0;
  drain: NodeDraining | undefined = undefined;
  death: DeathRecord | undefined = undefined;
  order = 0;
  /** The `sequence` of the last report taken. */
  reported = 0;

  constructor(nodeId: string) {
    this.nodeId = nodeId;
  }

  static restored(nodeId: string, data: unknown): NodeRecord {
    return assign(new NodeRecord(nodeId), data as Record<string, unknown>, STORED.slice(1));
  }

  info(): NodeInfo {
    return pick(this, INFO);
  }

  stored(): unknown {
    return pick(this, STORED);
  }
}
