import type { Clock } from "../../runtime/kernel/mod.ts";
import type { ActorSeats } from "../actor_manager/mod.ts";
import { MemoryMonitor } from "../memory_monitor/mod.ts";
import type { LocalScheduler } from "../scheduler/mod.ts";
import type { WorkerPool } from "../workers/mod.ts";
import type { SystemNodeOptions } from "./system_node_options.ts";

export interface WatchMemoryOptions {
  /** None: nothing is watched. */
  memory: SystemNodeOptions["memory"];
  clock: Clock;
  nodeId: string;
  scheduler: LocalScheduler;
  seats: ActorSeats;
  pool: WorkerPool;
  warn(text: string): void;
}

/** Ends workers of this node when its memory is nearly full. */
export function watchMemory({ memory, scheduler, seats, pool, ...options }: WatchMemoryOptions): MemoryMonitor | undefined {
  if (memory === undefined) return undefined;
  return new MemoryMonitor({
    ...options,
    settings: memory.settings,
    read: () => memory.read(pool.list().flatMap(({ kind, pid }) => (kind === "process" && pid !== undefined ? [pid] : []))),
    victims: () => [
      ...scheduler.running().map((each) => ({ ...each, kind: "task" as const })),
      ...seats.running().map((each) => ({ ...each, kind: "actor" as const })),
    ],
    end: ({ place }, { detail, usedBytes, limitBytes }) => {
      pool.end(place, { cause: "out-of-memory", detail, usedBytes, limitBytes });
      scheduler.workerEnds(place);
    },
  });
}
