import type { Clock, Random } from "../../runtime/kernel/mod.ts";
import type { StaleMemory } from "../../runtime/memory/mod.ts";
import type { MemoryUse } from "../../runtime/platform/mod.ts";
import type { Dial } from "../cluster/mod.ts";
import type { FunctionTravelOptions } from "../functions/mod.ts";
import type { Storage } from "../gcs/mod.ts";
import type { MemorySettings } from "../memory_monitor/mod.ts";
import type { SpillDisk } from "../objects/mod.ts";
import type { HostControl } from "../workers/mod.ts";
import type { NodeConfig } from "./node_config.ts";

/** What a system worker has of its surroundings. */
export interface SystemNodeOptions {
  config: NodeConfig;
  clock: Clock;
  account: SharedArrayBuffer;
  host: HostControl;
  /** The head's alone. */
  storage: Storage | undefined;
  /** Where other nodes reach this one; empty when there can be no others. */
  url: string;
  /** Opens links to other nodes. */
  dial: Dial;
  /** The cluster has ended this node, for this reason; its process should end. */
  onEnd(reason: string): void;
  /** Makes the two ends of a link between two threads. */
  channel(): [MessagePort, MessagePort];
  /** Where values are spilled. Default: files in the node's own folder. */
  disk?: SpillDisk;
  /** See `FunctionTravelOptions`. */
  load?: FunctionTravelOptions["load"];
  random?: Random;
  /** Hears of shared memory that this thread's collector has to find. */
  stale?: Pick<StaleMemory, "add"> | undefined;
  /** Default: memory is not watched. */
  memory?: {
    readonly settings: Pick<MemorySettings, "threshold" | "periodMs">;
    /** How much is taken, `pids` being this node's child processes. */
    read(pids: Iterable<number>): MemoryUse | undefined;
  };
}
