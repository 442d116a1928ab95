const HEADER_BYTES = 16;
const TEXT_BYTES = 2048;
const State = 0;
const Slot = 1;
const TextLength = 2;
const FRESH = -1;

export const TicketState = { waiting: 0, granted: 1, full: 2, outOfDisk: 3, withdrawn: 4, redeemed: 5 } as const;
export type TicketState = (typeof TicketState)[keyof typeof TicketState];

/**
 * One request for room, shared by who waits and the manager who answers.
 *
 * It is answered or withdrawn, never both: whoever is first decides, and the other is told.
 * A granted ticket means that pages are reserved in the requester's name, or that one of its own free buffers was
 * taken for it: `slot` says which.
 */
export class Ticket {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(HEADER_BYTES + TEXT_BYTES)) {
    this.shared = shared;
    this.#words = new Int32Array(shared, 0, HEADER_BYTES / Int32Array.BYTES_PER_ELEMENT);
  }

  get state(): TicketState {
    return Atomics.load(this.#words, State) as TicketState;
  }

  /** The requester's buffer that was taken for it, `undefined` if it makes a new one. */
  get slot(): number | undefined {
    const slot = Atomics.load(this.#words, Slot);
    return slot === FRESH ? undefined : slot;
  }

  /** Why it was refused. */
  get reason(): string {
    const length = Atomics.load(this.#words, TextLength);
    // A copy, as decoders need not take shared memory.
    return new TextDecoder().decode(new Uint8Array(this.shared, HEADER_BYTES, length).slice());
  }

  /** Blocks the thread until there is an answer. The state then is `waiting` if the time has passed. */
  wait(timeoutMs: number): TicketState {
    Atomics.wait(this.#words, State, TicketState.waiting, timeoutMs);
    return this.state;
  }

  async waitAsync(timeoutMs: number): Promise<TicketState> {
    const waiting = Atomics.waitAsync(this.#words, State, TicketState.waiting, timeoutMs);
    if (waiting.async) await waiting.value;
    return this.state;
  }

  /** `false` if there is an answer already. */
  withdraw(): boolean {
    return this.#settle(TicketState.withdrawn);
  }

  /** What was granted is in use; until then it is given back when the requester dies. */
  redeem(): void {
    Atomics.store(this.#words, State, TicketState.redeemed);
  }

  /** `false` if it was withdrawn: then what was reserved for it must be given back. */
  grant(slot?: number): boolean {
    Atomics.store(this.#words, Slot, slot ?? FRESH);
    return this.#settle(TicketState.granted);
  }

  refuse(state: typeof TicketState.full | typeof TicketState.outOfDisk, reason: string): boolean {
    const bytes = new TextEncoder().encode(reason).subarray(0, TEXT_BYTES);
    new Uint8Array(this.shared, HEADER_BYTES).set(bytes);
    Atomics.store(this.#words, TextLength, bytes.length);
    return this.#settle(state);
  }

  #settle(state: TicketState): boolean {
    if (Atomics.compareExchange(this.#words, State, TicketState.waiting, state) !== TicketState.waiting) return false;
    Atomics.notify(this.#words, State);
    return true;
  }
}
