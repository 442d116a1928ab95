import type { ClusterContract, PendingDemand } from "../../runtime/contracts/mod.ts";
import type { Clock, Told } from "../../runtime/kernel/mod.ts";
import type { ResourceSet } from "../../runtime/resources/mod.ts";

/** A node reports at least this often: its sign of life. Milliseconds. */
export const HEARTBEAT_MS = 1_000;
/** Changes within this time go in one report. */
const REPORT_AFTER_MS = 5;

export interface ReporterOptions {
  clock: Clock;
  head: Pick<Told<ClusterContract>, "report">;
  /** Called with every regular report. */
  due(): void;
  /** Whether there is no other node: then only signs of life are told. */
  alone(): boolean;
  available(): ResourceSet;
  pending(): readonly PendingDemand[];
}

/** Tells the head what this node has free and what waits here: soon after a change, and regularly. */
export class Reporter {
  readonly #options: ReporterOptions;
  #sequence = 0;
  #told: ResourceSet | undefined;
  #scheduled = false;
  #stopHeartbeat: (() => void) | undefined;
  #closed = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  start(): void {
    this.#report();
    this.#beat();
  }

  /** To a head that knows nothing of what was told. */
  again(): void {
    if (!this.#closed) this.#report();
  }

  /** Something may have changed. */
  changed(): void {
    if (this.#scheduled || this.#closed || this.#sequence === 0 || this.#options.alone()) return;
    if (this.#told !== undefined && this.#options.available().equals(this.#told)) return;
    this.#scheduled = true;
    this.#options.clock.after(REPORT_AFTER_MS, () => {
      this.#scheduled = false;
      if (!this.#closed) this.#report();
    });
  }

  close(): void {
    this.#closed = true;
    this.#stopHeartbeat?.();
  }

  #beat(): void {
    this.#stopHeartbeat = this.#options.clock.after(HEARTBEAT_MS, () => {
      this.#report();
      this.#options.due();
      this.#beat();
    });
  }

  #report(): void {
    const { head, available, pending } = this.#options;
    this.#told = available();
    head.report({ sequence: ++this.#sequence, available: this.#told.toObject(), pending: pending() });
  }
}
