import type { PlaceId } from "../../runtime/kernel/mod.ts";
import { boundDeath, type DeathRecord } from "./death.ts";
import { assertName } from "./names.ts";
import { Rows } from "./rows.ts";
import type { TableContext } from "./table_context.ts";
import { type WorkerInfo, WorkerRecord, type WorkerSpec } from "./worker_record.ts";

/**
 * Every worker, in memory only: after this store's restart the nodes tell theirs again. The DEAD are kept up
 * to `deadWorkers`.
 */
export class WorkerTable {
  readonly #context: TableContext;
  readonly #rows: Rows<WorkerInfo, WorkerRecord>;
  readonly #byPlace = new Map<PlaceId, WorkerRecord>();

  constructor(context: TableContext) {
    this.#context = context;
    this.#rows = new Rows(context, { channel: "workers", keep: context.limits.deadWorkers });
  }

  get(workerId: string): WorkerInfo | undefined {
    return this.#rows.get(workerId)?.info();
  }

  /** The live worker that is `place`. */
  at(place: PlaceId): WorkerInfo | undefined {
    return this.#byPlace.get(place)?.info();
  }

  rows(): Iterable<WorkerRecord> {
    return this.#rows.all();
  }

  where(test: (worker: WorkerInfo) => boolean): WorkerInfo[] {
    return Array.from(this.#rows.liveRows())
      .filter(test)
      .map((row) => row.info());
  }

  /** Adds a worker, or takes what changed of a live one (its state, place, job). False once it is DEAD. */
  report(spec: WorkerSpec): boolean {
    const known = this.#rows.get(spec.workerId);
    if (known?.state === "DEAD") return false;
    if (!known) assertName(this.#context.limits, "workerId", spec.workerId);
    const row = known ?? new WorkerRecord(spec.workerId);
    const { interner } = this.#context;
    row.nodeId = interner.string(spec.nodeId);
    row.kind = spec.kind;
    row.state = spec.state ?? row.state;
    row.pid = spec.pid ?? row.pid;
    row.jobId = interner.string(spec.jobId ?? row.jobId);
    if (spec.place !== undefined && spec.place !== row.place) {
      if (row.place !== undefined) this.#byPlace.delete(row.place);
      row.place = spec.place;
      this.#byPlace.set(row.place, row);
    }
    if (known) this.#rows.changed(row.workerId, row);
    else {
      row.startedMs = this.#context.clock.now();
      this.#rows.add(row.workerId, row);
    }
    return true;
  }

  /** False when it is DEAD already, or unknown. */
  end(workerId: string, death: DeathRecord): boolean {
    const row = this.#rows.live(workerId);
    if (!row) return false;
    row.state = "DEAD";
    row.endedMs = this.#context.clock.now();
    row.death = boundDeath(this.#context.limits, death);
    if (row.place !== undefined) this.#byPlace.delete(row.place);
    this.#rows.end(workerId, row);
    return true;
  }
}
