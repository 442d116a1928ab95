import type { CallContext } from "../context/mod.ts";
import type { ActorId, PlaceId } from "../kernel/mod.ts";
import type { ResolvedStrategy } from "../options/mod.ts";

export interface RunningCallFields {
  run: number;
  owner: PlaceId;
  sequence: number;
  name: string;
  attempt: number;
  resources: Record<string, number>;
  /** The GPUs that it has. */
  acceleratorIds?: readonly string[] | undefined;
  runtimeEnv: Record<string, unknown>;
  namespace: string;
  jobId: string;
  actorId?: ActorId | undefined;
  actorName?: string | undefined;
  reconstructed?: boolean | undefined;
  strategy?: ResolvedStrategy | undefined;
  /** Hears when the call begins to wait for objects, and when it goes on. */
  onBlocked?: ((blocked: boolean) => void) | undefined;
}

/** One call while it runs: what its code may ask about itself, and the way to cancel it. */
export class RunningCall implements CallContext {
  readonly run: number;
  readonly owner: PlaceId;
  readonly sequence: number;
  readonly name: string;
  readonly attempt: number;
  readonly resources: Record<string, number>;
  readonly acceleratorIds: readonly string[] | undefined;
  readonly runtimeEnv: Record<string, unknown>;
  readonly namespace: string;
  readonly jobId: string;
  readonly actorId: ActorId | undefined;
  readonly actorName: string | undefined;
  readonly reconstructed: boolean | undefined;
  readonly placementGroupId: string | undefined;
  readonly capturesChildren: boolean;
  readonly #onBlocked: ((blocked: boolean) => void) | undefined;
  #abort: AbortController | undefined;
  #waits = 0;
  #ended = false;
  /** Its owner has ended the call with an error: nothing that it gives any more is told to anybody. */
  cancelled = false;

  constructor(fields: RunningCallFields) {
    this.run = fields.run;
    this.owner = fields.owner;
    this.sequence = fields.sequence;
    this.name = fields.name;
    this.attempt = fields.attempt;
    this.resources = fields.resources;
    this.acceleratorIds = fields.acceleratorIds;
    this.runtimeEnv = fields.runtimeEnv;
    this.namespace = fields.namespace;
    this.jobId = fields.jobId;
    this.actorId = fields.actorId;
    this.actorName = fields.actorName;
    this.reconstructed = fields.reconstructed;
    const { strategy } = fields;
    const group = typeof strategy === "object" && "placementGroupId" in strategy ? strategy : undefined;
    this.placementGroupId = group?.placementGroupId;
    this.capturesChildren = group?.captureChildTasks ?? false;
    this.#onBlocked = fields.onBlocked;
  }

  /** Made when first asked for: most calls never look. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  cancel(reason: unknown): void {
    this.cancelled = true;
    this.#abort ??= new AbortController();
    this.#abort.abort(reason);
  }

  block(): void {
    if (++this.#waits === 1 && !this.#ended) this.#onBlocked?.(true);
  }

  unblock(): void {
    if (--this.#waits === 0 && !this.#ended) this.#onBlocked?.(false);
  }

  /** The call has ended, perhaps with waits of its own still open; those count no more. */
  end(): void {
    if (this.#waits > 0 && !this.#ended) this.#onBlocked?.(false);
    this.#ended = true;
  }
}
