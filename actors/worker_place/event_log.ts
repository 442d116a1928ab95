import type { Clock, PlaceId } from "../../runtime/kernel/mod.ts";
import type { TaskTemplate } from "../../runtime/tasks/mod.ts";
import type { TaskEventSink } from "../../runtime/worker/mod.ts";

const SEND_EVERY_MS = 1_000;
/** Tasks that are told of in one second; more are counted, not told. */
const TOLD_PER_SECOND = 2_000;

export interface EventLogOptions {
  place: PlaceId;
  clock: Clock;
  /** Rows of six numbers: owner, sequence, template, place, begin and end. */
  send(rows: Uint8Array, dropped: number): void;
}

/** Keeps what ran when at one worker and tells the control store once a second. */
export class EventLog implements TaskEventSink {
  readonly #options: EventLogOptions;
  #rows: number[] = [];
  #dropped = 0;
  #scheduled = false;

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  begin(): number {
    return this.#options.clock.now();
  }

  end(began: number, template: TaskTemplate, task: { readonly owner: number; readonly sequence: number }): void {
    if (this.#rows.length >= TOLD_PER_SECOND * 6) {
      this.#dropped++;
      return;
    }
    this.#rows.push(task.owner, task.sequence, template.number, this.#options.place, began, this.#options.clock.now());
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.clock.after(SEND_EVERY_MS, () => this.flush());
  }

  /** Tells now what is still to be told. */
  flush(): void {
    this.#scheduled = false;
    if (this.#rows.length === 0) return;
    const rows = new Uint8Array(new Float64Array(this.#rows).buffer);
    this.#rows = [];
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#options.send(rows, dropped);
  }
}
