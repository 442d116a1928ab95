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
 * Definitions by descriptor id. Each is held by the jobs that registered it; a job holds until it has ended and none of
 * its actors lives. The first definition of an id stays: the id is its content's hash.
 */
export class FunctionTable {
  readonly #context: TableContext;
  readonly #rows = new Map<string, FunctionRecord>();
  readonly #holds: (jobId: string) => boolean;
  /** Hears of a job that holds no more, with what went with it. */
  onReleased: ((jobId: string, dropped: readonly string[]) => void) | undefined;

  /** `holds` tells whether the job, or an actor of it, may need its definitions again. */
  constructor(context: TableContext, holds: (jobId: string) => boolean) {
    this.#context = context;
    this.#holds = holds;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** The definition; read only. */
  get(descriptorId: string): unknown {
    return this.#rows.get(descriptorId)?.definition;
  }

  /**
   * Whether the definition was new; false, too, when nothing of the job is left that may need it.
   * @throws LimitExceededError over `functionBytes`.
   */
  register({ descriptorId, jobId, definition }: FunctionSpec): boolean {
    if (!this.#holds(jobId)) return false;
    const known = this.#rows.get(descriptorId);
    if (known?.jobs.has(jobId)) return false;
    if (known) known.jobs.add(jobId);
    else this.#rows.set(descriptorId, this.#record({ descriptorId, jobId, definition }));
    this.#context.journal.put("functions", descriptorId, this.#rows.get(descriptorId) as FunctionRecord);
    return !known;
  }

  /** The job, or an actor of it, has ended. When nothing of it is left, what it alone holds goes. */
  release(jobId: string): void {
    if (this.#holds(jobId)) return;
    const dropped: string[] = [];
    for (const [id, row] of this.#rows) {
      if (!row.jobs.delete(jobId)) continue;
      if (row.jobs.size > 0) this.#context.journal.put("functions", id, row);
      else {
        this.#rows.delete(id);
        this.#context.journal.delete("functions", id);
        dropped.push(id);
      }
    }
    this.onReleased?.(jobId, dropped);
  }

  /** All definitions; read only. */
  definitions(): readonly unknown[] {
    return Array.from(this.#rows.values(), ({ definition }) => definition);
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
