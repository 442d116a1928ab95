import type { NodeNumber, PlaceId } from "../../runtime/kernel/mod.ts";

/** All that a node's system worker is started with: plain data. */
export interface NodeConfig {
  readonly node: NodeNumber;
  readonly nodeId: string;
  readonly jobId: string;
  readonly namespace: string;
  readonly resources: Record<string, number>;
  readonly labels: Record<string, string>;
  readonly isolation: "thread" | "process";
  readonly storage: string;
  readonly spillDirectory: string;
  readonly logToDriver: boolean;
  /** Threads that run tasks, at most; a thread whose tasks all wait takes other tasks in between. */
  readonly workerLimit: number;
  readonly pid: number;
  /** "bun" or "deno". */
  readonly runtime: string;
}

/** How a child process finds its node: the name of the variable in its environment. Never on a command line. */
export const JOIN_VARIABLE = "MOBULA_JOIN";

/** What it finds there, as JSON. */
export interface ProcessJoin {
  readonly url: string;
  readonly token: string;
  readonly place: PlaceId;
  readonly isolation: "thread" | "process";
  /** What the node's object store takes. */
  readonly storeBytes: number;
}

/** What the main thread does for the system worker, over the control line. */
export interface HostFace {
  spawnThread(place: PlaceId, port: MessagePort): Promise<number>;
  spawnProcess(place: PlaceId, environment: string, join: { url: string; token: string }): Promise<number>;
  /** False when the thread goes on for ever in a busy loop that nothing stops. */
  stop(place: PlaceId, force: boolean): Promise<boolean>;
}

/** What the system worker is started with. */
export interface SystemData {
  config: NodeConfig;
  account: SharedArrayBuffer;
  driverPort: MessagePort;
  controlPort: MessagePort;
  workers: { place: PlaceId; port: MessagePort }[];
  modules: NodeModules;
}

/** What a worker thread is started with. */
export interface WorkerData {
  place: PlaceId;
  account: SharedArrayBuffer;
  port: MessagePort;
  isolation: "thread" | "process";
}

/** The programs that a node's threads and processes run, as URLs. */
export interface NodeModules {
  system: string;
  worker: string;
  process: string;
}
