import { attemptIn, RUN_WIDTH, type RunOutcome } from "../../runtime/contracts/mod.ts";
import type { Clock, PlaceId } from "../../runtime/kernel/mod.ts";
import type { TaskTemplate } from "../../runtime/tasks/mod.ts";
import type { TaskCall, TaskEventSink } from "../../runtime/worker/mod.ts";

const SEND_EVERY_MS = 1_000;
/** Tasks that are told of in one second; more are counted, not told. */
const TOLD_PER_SECOND = 2_000;

export interface EventLogOptions {
  place: PlaceId;
  clock: Clock;
  /** In rows of `RUN_WIDTH` numbers. */
  send(names: readonly string[], rows: Uint8Array, dropped: number): void;
}

/** Keeps what ran when at one worker and tells the control store once a second. */
export class EventLog implements TaskEventSink {
  readonly #options: EventLogOptions;
  #rows: number[] = [];
  readonly #names: Map<string, number> = new Map();
  #dropped = 0;
  #scheduled = false;

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  begin(): number {
    return this.#options.clock.now();
  }

  end(began: number, template: TaskTemplate, task: Pick<TaskCall, "owner" | "sequence" | "flags">, outcome: RunOutcome): void {
    if (this.#rows.length >= TOLD_PER_SECOND * RUN_WIDTH) {
      this.#dropped++;
      return;
    }
    const { place, clock } = this.#options;
    let name = this.#names.get(template.name);
    if (name === undefined) this.#names.set(template.name, (name = this.#names.size));
    this.#rows.push(task.owner, task.sequence, attemptIn(task.flags), name, place, began, clock.now(), outcome);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.clock.after(SEND_EVERY_MS, () => this.flush());
  }

  /** Tells now what is still to be told. */
  flush(): void {
    this.#scheduled = false;
    if (this.#rows.length === 0) return;
    const rows = new Uint8Array(new Float64Array(this.#rows).buffer);
    const names = [...this.#names.keys()];
    this.#rows = [];
    this.#names.clear();
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#options.send(names, rows, dropped);
  }
}
