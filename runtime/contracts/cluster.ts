import type { Caller, NodeNumber, PlaceId } from "../kernel/mod.ts";

/** A node as other nodes know it. */
export interface PeerInfo {
  readonly node: NodeNumber;
  readonly nodeId: string;
  /** Where its endpoint listens: `ws://host:port` or `wss://host:port`. */
  readonly url: string;
  /** The job of the driver that lives there, if one does. */
  readonly job?: { readonly jobId: string; readonly namespace: string; readonly driver: PlaceId };
}

/** What a node says of itself when it joins. */
export interface NodeSpecWire extends PeerInfo {
  /** What people call it. */
  readonly name?: string | undefined;
  readonly resources: Readonly<Record<string, number>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly pid: number;
  readonly runtime: string;
  /** Whether others may run anything there. */
  readonly takesWork: boolean;
}

/** A node's word on itself, regularly and whenever something changed. Late ones are dropped by `sequence`. */
export interface NodeReportWire {
  readonly sequence: number;
  readonly available: Readonly<Record<string, number>>;
  /** What waits there. */
  readonly pending: readonly PendingDemand[];
}

export interface PendingDemand {
  readonly name: string;
  readonly resources: Readonly<Record<string, number>>;
  readonly waiting: number;
}

/** A worker as the control store lists it. */
export interface WorkerRowWire {
  readonly place: PlaceId;
  readonly pid: number;
}

/** What the head answers to a node that registers. */
export interface RegistrationWire {
  /** The nodes of the cluster, the new one included. */
  readonly peers: readonly PeerInfo[];
  /** The number of the head's own node. */
  readonly head: NodeNumber;
  /** Whether the head's tables outlive it: then nodes stay when it is gone, and wait for another. */
  readonly lasting: boolean;
}

/** What lives on a node that has come back to a head, which knows only what the one before has written. */
export interface NodeStateWire {
  readonly workers: readonly WorkerRowWire[];
  /** Actors whose constructor has run, and those about to be made there. */
  readonly living: readonly HostedWire[];
  readonly coming: readonly HostedWire[];
  /** Places that did not answer in time: what the tables say of their actors is taken to be so. */
  readonly busy: readonly PlaceId[];
  /** Actors that have seats at those. */
  readonly seated: readonly (readonly [id: string, place: PlaceId])[];
  /** Placement groups that have bundles there. */
  readonly groups: readonly string[];
}

export type HostedWire = readonly [id: string, incarnation: number, place: PlaceId];

/** What a node asks of the head, and tells it. */
export interface ClusterContract {
  /** The node is up, or back after another head's end. */
  register(caller: Caller, spec: NodeSpecWire): Promise<RegistrationWire>;
  /** After a node has come back, and has told again what was under way: what it has beside. */
  returned(caller: Caller, state: NodeStateWire): void;
  report(caller: Caller, report: NodeReportWire): void;
  workerUp(caller: Caller, worker: WorkerRowWire): void;
  /** A place of the caller's node is gone. `death` is encoded. */
  placeLost(caller: Caller, place: PlaceId, death: Uint8Array): Promise<void> | void;
  /** What ran when on the caller's node, in rows of `RUN_WIDTH` numbers, and how many runs are not told. */
  ran(caller: Caller, names: readonly string[], rows: Uint8Array, dropped: number): void;
  /** The link to a node broke, and the caller cannot make a new one. Answers when that is written. */
  unreachable(caller: Caller, node: NodeNumber, reason: string): Promise<void> | void;
  /**
   * The encoded death of a node that is no member any more, however long ago it was; undefined for one that lives or
   * is about to join: of that one the caller hears by itself.
   */
  goneNode(caller: Caller, node: NodeNumber): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  /** The caller's node ends, in good order. */
  leave(caller: Caller): void;
  /**
   * Has a node end: it leaves when what runs there has ended, or at the deadline. Answers when nothing new goes there any
   * more; false if there is no such node.
   */
  drain(caller: Caller, nodeId: string, options: { reason: string; deadlineMs?: number }): Promise<boolean>;
  /** The cluster as `mobula status` shows it. */
  status(caller: Caller): ClusterStatus;
  /** Ends every node and then the head. */
  stop(caller: Caller): void;
}

/** What the head tells every node, and may ask of it. */
export interface MemberContract {
  /** Nodes that have come. */
  peers(caller: Caller, peers: readonly PeerInfo[]): void;
  /** A place of another node is gone. */
  placeLost(caller: Caller, place: PlaceId, death: Uint8Array): void;
  nodeLost(caller: Caller, node: NodeNumber, death: Uint8Array): void;
  /** The cluster has declared the receiver dead, or ends it: it must do no more. */
  end(caller: Caller, reason: string): void;
  /** The receiver takes nothing new any more: what it has begun it finishes, what waits there goes elsewhere. */
  drain(caller: Caller): void;
  /** That node does so: nothing is to be sent there. */
  draining(caller: Caller, node: NodeNumber): void;
  /**
   * Gives the large values that the receiver alone keeps for other nodes to these, named by their system places. Answers
   * with the number of things that would go with the node now: objects, above all what its own places own and others refer
   * to, and tasks, those that wait for others or take no CPU among them.
   */
  evacuate(caller: Caller, targets: readonly PlaceId[]): Promise<number>;
  /** Answers when the node's workers have told what they have to tell, as far as they are not busy. */
  settle(caller: Caller): Promise<void>;
  /** A sign of life. */
  ping(caller: Caller): void;
  /** Answers: what the caller has sent before is here. */
  barrier(caller: Caller): void;
}

export interface ClusterStatus {
  readonly nodes: readonly NodeStatus[];
  readonly pending: readonly PendingStatus[];
}

/** Something that waits for resources, as many as there are of it. */
export interface PendingStatus extends PendingDemand {
  readonly kind: "task" | "actor" | "placement group";
  /** The node of those who asked for it; none for a placement group. */
  readonly nodeId?: string | undefined;
  /** What keeps it: the resource that is missing, where one is. */
  readonly why: string;
}

export interface NodeStatus {
  readonly nodeId: string;
  readonly name?: string | undefined;
  readonly state: string;
  readonly address: string;
  readonly head: boolean;
  /** A node of a driver, on which nothing of others runs. */
  readonly driver: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly total: Readonly<Record<string, number>>;
  readonly available: Readonly<Record<string, number>>;
  readonly pid?: number | undefined;
  readonly runtime?: string | undefined;
}

/** A node's part in giving actors a place, asked by the keeper of actors. */
export interface SeatsContract {
  /** A place for the actor, once this node has the resources and a worker; none when they have not been free for long. */
  seat(caller: Caller, id: string, owner: PlaceId, template: number): Promise<PlaceId | undefined>;
  /** The constructor has run: what was needed only to be placed is free again. */
  settled(caller: Caller, id: string): void;
  leave(caller: Caller, id: string, detail: string, force: boolean): void;
}
