import { ownBytes } from "./bytes.ts";
import { encodedSize, type Stored } from "./journal.ts";
import { assertWithin } from "./limits.ts";
import { assertName } from "./names.ts";
import type { TableContext } from "./table_context.ts";

/** A remote function or actor class as registered: plain data or bytes, whose meaning is the runtime's. */
export interface FunctionSpec {
  /** A hash of the content: equal ids mean equal definitions. */
  readonly descriptorId: string;
  readonly jobId: string;
  readonly definition: unknown;
}

export interface FunctionInfo {
  readonly descriptorId: string;
  readonly jobs: readonly string[];
  readonly bytes: number;
}

class FunctionRecord implements Stored {
  readonly definition: unknown;
  readonly bytes: number;
  readonly jobs: Set<string>;

  constructor(definition: unknown, bytes: number, jobs: Iterable<string>) {
    this.definition = definition instanceof Uint8Array ? ownBytes(definition) : definition;
    this.bytes = bytes;
    this.jobs = new Set(jobs);
  }

  stored(): unknown {
    return { definition: this.definition, bytes: this.bytes, jobs: [...this.jobs] };
  }
}

/**
 * Definitions by descriptor id. Each is held by the jobs that registered it; when the last has ended and no
 * live actor is of it, it goes. The first definition of an id stays: the id is its content's hash.
 */
export class FunctionTable {
  readonly #context: TableContext;
  readonly #rows = new Map<string, FunctionRecord>();
  readonly #inUse: (descriptorId: string) => boolean;

  /** `inUse` tells whether a live actor may need the definition again. */
  constructor(context: TableContext, inUse: (descriptorId: string) => boolean) {
    this.#context = context;
    this.#inUse = inUse;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** The definition; read only. */
  get(descriptorId: string): unknown {
    return this.#rows.get(descriptorId)?.definition;
  }

  /** Whether the definition was new. @throws LimitExceededError over `functionBytes`. */
  register({ descriptorId, jobId, definition }: FunctionSpec): boolean {
    const known = this.#rows.get(descriptorId);
    if (known?.jobs.has(jobId)) return false;
    if (known) known.jobs.add(jobId);
    else this.#rows.set(descriptorId, this.#record({ descriptorId, jobId, definition }));
    this.#context.journal.put("functions", descriptorId, this.#rows.get(descriptorId) as FunctionRecord);
    return !known;
  }

  /** A job has ended: drops its hold on every definition, and those that nothing holds any more. */
  releaseJob(jobId: string): void {
    for (const [id, row] of this.#rows) {
      if (!row.jobs.delete(jobId)) continue;
      this.#context.journal.put("functions", id, row);
      this.sweep(id);
    }
  }

  /** Drops a definition that no job holds and no live actor is of; to be asked when an actor has died. */
  sweep(descriptorId: string): void {
    const row = this.#rows.get(descriptorId);
    if (!row || row.jobs.size > 0 || this.#inUse(descriptorId)) return;
    this.#rows.delete(descriptorId);
    this.#context.journal.delete("functions", descriptorId);
  }

  *rows(): Generator<FunctionInfo> {
    for (const [descriptorId, row] of this.#rows) yield { descriptorId, jobs: [...row.jobs], bytes: row.bytes };
  }

  restore(entries: readonly (readonly [string, unknown])[]): void {
    for (const [id, data] of entries) {
      const { definition, bytes, jobs } = data as { definition: unknown; bytes: number; jobs: string[] };
      this.#rows.set(id, new FunctionRecord(definition, bytes, jobs));
    }
  }

  #record({ descriptorId, jobId, definition }: FunctionSpec): FunctionRecord {
    assertName(this.#context.limits, "descriptorId", descriptorId);
    const bytes = definition instanceof Uint8Array ? definition.byteLength : encodedSize(definition);
    assertWithin(this.#context.limits, "functionBytes", { what: `Definition ${descriptorId}`, actual: bytes });
    return new FunctionRecord(definition, bytes, [jobId]);
  }
}
