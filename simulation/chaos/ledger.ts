import type { PlaceId } from "../../runtime/kernel/mod.ts";

/**
 * What really happened, seen from inside the functions that ran: how often each, and what it gave. What must never be
 * is noted at the moment when it is.
 */
export class Ledger {
  readonly violations: string[] = [];
  /** Threads that have ended before their time so far, but for those of nodes that are gone. */
  deaths = 0;
  readonly #runs: Map<string, number> = new Map();
  readonly #given: Map<string, unknown[]> = new Map();

  /** A run of `id` begins; it may be begun `most` times. Returns which one this is, from 1 on. */
  begin(id: string, { most, place }: { most: number; place: PlaceId }): number {
    const runs = this.runs(id) + 1;
    this.#runs.set(id, runs);
    if (runs > most) this.violate(`${id} runs for the ${runs}th time, at place ${place}, and may ${most} times`);
    return runs;
  }

  /** How often it was begun. */
  runs(id: string): number {
    return this.#runs.get(id) ?? 0;
  }

  get totalRuns(): number {
    return [...this.#runs.values()].reduce((sum, runs) => sum + runs, 0);
  }

  /** A run of `id` has come to this value. */
  give<T>(id: string, value: T): T {
    const given = this.#given.get(id);
    if (given === undefined) this.#given.set(id, [value]);
    else given.push(value);
    return value;
  }

  /** Whether a run of `id` has come to this value. */
  gave(id: string, value: unknown): boolean {
    const text = JSON.stringify(value);
    return (this.#given.get(id) ?? []).some((each) => JSON.stringify(each) === text);
  }

  violate(what: string): void {
    this.violations.push(what);
  }
}

/** Bytes that no other id has; large enough to go into shared memory. */
export function bytesOf(id: string): Uint8Array {
  const bytes = new Uint8Array(LARGE_BYTES);
  const mark = new TextEncoder().encode(id);
  bytes.set(mark, 0);
  bytes.set(mark, LARGE_BYTES - mark.byteLength);
  return bytes;
}

const LARGE_BYTES = 104 * 1024;

/** Whether these are the bytes of that id. */
export function areBytesOf(id: string, value: unknown): boolean {
  if (!(value instanceof Uint8Array) || value.byteLength !== LARGE_BYTES) return false;
  const mark = new TextEncoder().encode(id);
  return mark.every((byte, index) => value[index] === byte && value[LARGE_BYTES - mark.byteLength + index] === byte);
}
