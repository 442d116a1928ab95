import type { PeerInfo } from "../../runtime/contracts/mod.ts";
import type { NodeNumber, PlaceId } from "../../runtime/kernel/mod.ts";

/** All that a node's system worker is started with: plain data. */
export interface NodeConfig {
  readonly node: NodeNumber;
  readonly nodeId: string;
  /** What people call it. */
  readonly name?: string | undefined;
  /** Where it listens for other nodes; nowhere when it is alone for good. */
  readonly listen: ListenOptions | undefined;
  /** Whether tasks and actors of others may run there: not on a driver's node in a cluster. */
  readonly takesWork: boolean;
  /** The head, on other nodes. */
  readonly head: PeerInfo | undefined;
  /** Where heads may be when that one is gone. Default: where it was. */
  readonly heads?: readonly string[] | undefined;
  /** How long this node goes on without a head, in milliseconds. */
  readonly headAwayMs?: number | undefined;
  /** Whether the main thread is a driver's. */
  readonly hasDriver: boolean;
  readonly jobId: string;
  readonly namespace: string;
  readonly resources: Record<string, number>;
  readonly labels: Record<string, string>;
  /** Names of the GPUs among the resources. */
  readonly gpuIds: readonly string[];
  readonly isolation: "thread" | "process";
  readonly storage: string;
  /** Of a head: when it ends in good order, the other nodes do too. */
  readonly nodesEnd?: boolean | undefined;
  /** A head waits until another has let go of the storage. */
  readonly standby?: boolean | undefined;
  readonly spillDirectory: string;
  readonly logToDriver: boolean;
  /** Threads that run tasks, at most; a thread whose tasks all wait takes other tasks in between. */
  readonly workerLimit: number;
  /** The environment of the workers that are started ahead of need. */
  readonly environment: string;
  readonly pid: number;
  /** "bun" or "deno". */
  readonly runtime: string;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
  /** The cluster's. Needed beyond loopback. */
  readonly token: string | undefined;
  /** Paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** What the main thread does for the system worker, over the control line. */
export interface HostFace {
  spawnThread(place: PlaceId, environment: string, port: MessagePort): Promise<number>;
  spawnProcess(place: PlaceId, environment: string, join: { url: string; token: string }): Promise<number>;
  /** False when the thread has not ended soon; a second time, when it goes on for ever in a busy loop that nothing stops. */
  stop(place: PlaceId, force: boolean): Promise<boolean>;
  /** The system worker can't start, for this reason: an encoded error. */
  failed(error: Uint8Array): void;
  /** The cluster has ended this node. */
  end(reason: string): void;
}

/** What the system worker is started with. */
export interface SystemData {
  config: NodeConfig;
  account: SharedArrayBuffer;
  driverPort: MessagePort;
  controlPort: MessagePort;
  workers: { place: PlaceId; port: MessagePort; environment: string }[];
  modules: NodeModules;
}

/** What a worker thread is started with. */
export interface WorkerData {
  place: PlaceId;
  account: SharedArrayBuffer;
  port: MessagePort;
  isolation: "thread" | "process";
  /** See `environmentKey`. */
  environment: string;
}

/** The programs that a node's threads and processes run, as URLs. */
export interface NodeModules {
  system: string;
  worker: string;
  process: string;
  node: string;
}
