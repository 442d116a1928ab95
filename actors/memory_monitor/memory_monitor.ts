import { formatBytes } from "../../runtime/errors/mod.ts";
import type { Clock } from "../../runtime/kernel/mod.ts";
import type { MemoryUse } from "../../runtime/platform/mod.ts";
import { chooseVictim, type Victim } from "./choose_victim.ts";
import type { MemorySettings } from "./settings.ts";

/** Memory fills no faster than this: as long as much is free, it is looked at less often. Bytes in a millisecond. */
const FASTEST = 16 * 2 ** 20;
const LONGEST_PAUSE_MS = 1_000;

/** Why a worker is ended: a sentence, and the figures. */
export interface MemoryVerdict extends MemoryUse {
  readonly detail: string;
}

export interface MemoryMonitorOptions {
  readonly settings: Pick<MemorySettings, "threshold" | "periodMs">;
  readonly clock: Clock;
  readonly nodeId: string;
  /** Undefined where the system does not tell. */
  read(): MemoryUse | undefined;
  /** What could be ended, at this moment. */
  victims(): Iterable<Victim>;
  /** Ends a worker. It is among the victims until it has ended. */
  end(victim: Victim, verdict: MemoryVerdict): void;
  warn(text: string): void;
}

/**
 * Watches a node's memory, and ends a worker when too much is taken: the one whose end costs the least, before the
 * system ends whatever it likes. One at a time: the next only when the last has ended and memory has been read anew.
 */
export class MemoryMonitor {
  readonly #options: MemoryMonitorOptions;
  #ending: Victim | undefined;
  /** Its user was told that nothing can be ended, since memory was last short. */
  #toldOfNone = false;
  /** As long as memory takes to be short, at least. */
  #pauseMs = 0;
  #stop: (() => void) | undefined;

  constructor(options: MemoryMonitorOptions) {
    this.#options = options;
    this.#next();
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #next(): void {
    const { settings, clock } = this.#options;
    if (settings.periodMs === 0) return;
    this.#stop = clock.after(Math.max(settings.periodMs, this.#pauseMs), () => {
      this.#look();
      if (this.#stop !== undefined) this.#next();
    });
  }

  #look(): void {
    const use = this.#options.read();
    this.#pauseMs = use === undefined ? LONGEST_PAUSE_MS : Math.min(leastFree(use) / FASTEST, LONGEST_PAUSE_MS);
    if (use === undefined || use.usedBytes <= use.limitBytes * this.#options.settings.threshold) {
      this.#ending = undefined;
      this.#toldOfNone = false;
      return;
    }
    const victims = [...this.#options.victims()];
    const last = this.#ending;
    this.#ending = undefined;
    if (last !== undefined && victims.some(({ place }) => place === last.place)) {
      this.#ending = last;
      return;
    }
    // What the last one had may be free only now.
    if (last !== undefined) return;
    const victim = chooseVictim(victims);
    if (victim === undefined) this.#tellOfNone(use);
    else this.#end(victim, use);
  }

  #end(victim: Victim, use: MemoryUse): void {
    const { nodeId, warn, end } = this.#options;
    const { usedBytes, limitBytes } = use;
    const detail = `The memory monitor of node ${nodeId} ended it: ${this.#usage(use)} It was ${reason(victim)}.`;
    this.#ending = victim;
    warn(`${this.#usage(use)} The worker that runs ${victim.kind} "${victim.name}" is ended, ${reason(victim)}.`);
    end(victim, { usedBytes, limitBytes, detail });
  }

  #tellOfNone(use: MemoryUse): void {
    if (this.#toldOfNone) return;
    this.#toldOfNone = true;
    this.#options.warn(`${this.#usage(use)} No worker runs anything that could be ended. Give the node more memory, or keep less in its driver.`);
  }

  #usage({ usedBytes, limitBytes }: MemoryUse): string {
    const threshold = Number((this.#options.settings.threshold * 100).toFixed(1));
    return `${formatBytes(usedBytes)} of ${formatBytes(limitBytes)} memory were in use, over the threshold of ${threshold} %.`;
  }
}

function leastFree({ usedBytes, limitBytes, leastFreeBytes = limitBytes - usedBytes }: MemoryUse): number {
  return leastFreeBytes;
}

function reason({ kind, retriable }: Victim): string {
  if (kind === "task")
    return retriable ? "the newest of its owner's tasks that may be tried again" : "the newest task; none that may be tried again was left";
  return retriable ? "the newest actor that may be restarted; no task was left to end" : "the newest actor; nothing that may be run again was left";
}
