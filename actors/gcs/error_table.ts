import { boundText } from "./limits.ts";
import { Ring } from "./ring.ts";
import { pick } from "./row.ts";
import type { TableContext } from "./table_context.ts";

/** Something a user of the cluster should see, which no caller was there to be told. */
export interface ErrorSpec {
  /** The error's stable code. */
  readonly type: string;
  readonly message: string;
  readonly jobId?: string;
  readonly nodeId?: string;
  readonly workerId?: string;
}

export interface ErrorInfo extends ErrorSpec {
  readonly errorId: string;
  readonly timeMs: number;
}

/** The last `errors` errors, in memory only; each is published on channel "errors" under its job. */
export class ErrorTable {
  readonly #context: TableContext;
  readonly #ring: Ring<ErrorInfo>;
  #count = 0;

  constructor(context: TableContext) {
    this.#context = context;
    this.#ring = new Ring(context.limits.errors);
  }

  /** Errors that had to make room. */
  get dropped(): number {
    return this.#count - this.#ring.size;
  }

  add(spec: ErrorSpec): ErrorInfo {
    const { limits, clock, pubsub } = this.#context;
    const error: ErrorInfo = {
      errorId: String(++this.#count),
      ...pick(spec, ["jobId", "nodeId", "workerId"]),
      type: boundText(limits, spec.type),
      message: boundText(limits, spec.message),
      timeMs: clock.now(),
    };
    this.#ring.push(error);
    pubsub.publish("errors", spec.jobId ?? "", error);
    return error;
  }

  /** Oldest first. */
  rows(): Iterable<ErrorInfo> {
    return this.#ring;
  }

  get(errorId: string): ErrorInfo | undefined {
    for (const error of this.#ring) if (error.errorId === errorId) return error;
    return undefined;
  }
}
