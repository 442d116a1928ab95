import { decodeBatch, encodeBatch } from "../../net/mod.ts";
import type { NodeNumber } from "../kernel/mod.ts";
import type { ArgumentForm } from "./arguments.ts";

/** A task as it lies in a batch: the owner's number for it, and its arguments. */
export type TaskRecord = [sequence: number, form: ArgumentForm, data: unknown, flags?: number];

const HEADER_WORDS = 4;
const NEXT = 0;
const COUNT = 1;

/**
 * Stands for another node's scheduler among those who claim tasks: it has passed the task on to that node. Above every
 * number of a place within its node.
 */
export function claimantOfNode(node: NodeNumber): number {
  return FIRST_NODE_CLAIMANT + node;
}

/** The node that a claimed task was passed on to; none if it stayed. */
export function nodeOfClaimant(claimant: number): NodeNumber | undefined {
  return claimant > FIRST_NODE_CLAIMANT && claimant < FIRST_NODE_CLAIMANT * 2 ? claimant - FIRST_NODE_CLAIMANT : undefined;
}

const FIRST_NODE_CLAIMANT = 2 ** 20;

const QUEUED = 0;
const CANCELLED = -1;

/**
 * Many calls of one template in shared memory, from which any thread may claim the next.
 *
 * The owner writes a batch once and shares it with the scheduler, which shows it to the workers that it
 * leases; a worker claims one task at a time, so a long task never holds back the short ones behind it, and an
 * owner whose thread is blocked holds back nobody. A claim is one compare-and-swap on the task's state word:
 * queued → claimed by a worker, or queued → cancelled by the owner; never back.
 *
 * Layout, in 32-bit words: next index, count, two spare | a state a task | an offset a task and one
 * more | the records' bytes.
 */
export class TaskBatch {
  readonly buffer: SharedArrayBuffer;
  readonly count: number;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #offsets: number;

  /** @throws RangeError when the buffer has no room for as many tasks as it says; a record may still be unreadable. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
    this.count = this.#words[COUNT] ?? -1;
    if (this.count < 0 || HEADER_WORDS + this.count + this.count + 1 > this.#words.length) {
      throw new RangeError(`a batch of ${buffer.byteLength} bytes cannot have ${this.count} tasks`);
    }
    this.#offsets = HEADER_WORDS + this.count;
    this.#bytes = new Uint8Array(buffer);
  }

  static write(records: readonly TaskRecord[]): TaskBatch {
    return TaskBatch.of(records.map((record) => encodeBatch(record)));
  }

  /** A batch of records that are encoded already. */
  static of(records: readonly Uint8Array[]): TaskBatch {
    const parts = records;
    const bytes = records.reduce((sum, record) => sum + record.byteLength, 0);
    const start = (HEADER_WORDS + records.length + records.length + 1) * 4;
    const buffer = new SharedArrayBuffer((start + bytes + 3) & ~3);
    const words = new Int32Array(buffer);
    const target = new Uint8Array(buffer);
    words[COUNT] = records.length;
    let offset = start;
    const offsets = HEADER_WORDS + records.length;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as Uint8Array;
      words[offsets + i] = offset;
      target.set(part, offset);
      offset += part.byteLength;
    }
    words[offsets + records.length] = offset;
    return new TaskBatch(buffer);
  }

  /** Takes the next queued task for the worker `claimant` (> 0); undefined when none is left. */
  claim(claimant: number): TaskRecord | undefined {
    const bytes = this.claimBytes(claimant);
    return bytes && (decodeBatch(bytes) as unknown as TaskRecord);
  }

  /** As `claim`, unread: a view of the record in this batch. */
  claimBytes(claimant: number): Uint8Array | undefined {
    for (;;) {
      const index = Atomics.add(this.#words, NEXT, 1);
      if (index >= this.count) return undefined;
      if (Atomics.compareExchange(this.#words, HEADER_WORDS + index, QUEUED, claimant) !== QUEUED) continue;
      return this.#recordBytes(index);
    }
  }

  /** The index of a task by its owner's number; it reads every record. -1 when it is not in this batch. */
  indexOf(sequence: number): number {
    for (let index = 0; index < this.count; index++) {
      if ((decodeBatch(this.#recordBytes(index)) as unknown as TaskRecord)[0] === sequence) return index;
    }
    return -1;
  }

  /** The tasks that `claimant` has claimed. */
  claimedBy(claimant: number): TaskRecord[] {
    const claimed: TaskRecord[] = [];
    for (let index = 0; index < this.count; index++) {
      if (this.claimant(index) === claimant) claimed.push(decodeBatch(this.#recordBytes(index)) as unknown as TaskRecord);
    }
    return claimed;
  }

  #recordBytes(index: number): Uint8Array {
    const from = this.#words[this.#offsets + index] as number;
    const to = this.#words[this.#offsets + index + 1] as number;
    return this.#bytes.subarray(from, to);
  }

  /** Whether every task has been handed out. */
  get exhausted(): boolean {
    return Atomics.load(this.#words, NEXT) >= this.count;
  }

  /** About how many tasks wait. */
  get waiting(): number {
    return Math.max(0, this.count - Atomics.load(this.#words, NEXT));
  }

  /** Takes a queued task out. False when a worker has it already. */
  cancel(index: number): boolean {
    const found = Atomics.compareExchange(this.#words, HEADER_WORDS + index, QUEUED, CANCELLED);
    return found === QUEUED || found === CANCELLED;
  }

  /** Who claimed the task: 0 nobody yet, negative when it was cancelled. */
  claimant(index: number): number {
    return Atomics.load(this.#words, HEADER_WORDS + index);
  }
}
