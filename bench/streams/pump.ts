/** Bytes of one message: as many as Mobula's nodes give each other at a time. */
const MESSAGE_BYTES = 2 * 1024 * 1024;
/** Bytes handed to a socket and not yet on their way, at most. */
const HIGH_WATER_BYTES = 4 * 1024 * 1024;

export interface Sink {
  send(message: Uint8Array<ArrayBuffer>): void;
  buffered(): number;
  /** Calls back when there may be room; not needed where somebody else calls `drained`. */
  later?(action: () => void): void;
}

/** Sends all of an array, as fast as its socket takes it. */
export class Pump {
  readonly #from: Uint8Array<ArrayBuffer>;
  readonly #sink: Sink;
  #at: number;

  constructor(from: Uint8Array<ArrayBuffer>, sink: Sink) {
    this.#from = from;
    this.#sink = sink;
    this.#at = from.byteLength;
  }

  start(): void {
    this.#at = 0;
    this.drained();
  }

  readonly drained = (): void => {
    while (this.#at < this.#from.byteLength && this.#sink.buffered() < HIGH_WATER_BYTES) {
      this.#sink.send(this.#from.subarray(this.#at, this.#at + MESSAGE_BYTES));
      this.#at += MESSAGE_BYTES;
    }
    if (this.#at < this.#from.byteLength) this.#sink.later?.(this.drained);
  };
}

/** Takes in as much as the array holds, and keeps it there, or throws it away. */
export class Drain {
  readonly #into: Uint8Array<ArrayBuffer>;
  #taken = 0;
  #keeps = true;
  #done = (): void => {};

  constructor(into: Uint8Array<ArrayBuffer>) {
    this.#into = into;
  }

  start(keeps: boolean, done: () => void): void {
    this.#taken = 0;
    this.#keeps = keeps;
    this.#done = done;
    // So that what is found there afterwards has come.
    if (keeps) this.#into[this.#into.byteLength - 1] = 0;
  }

  take(bytes: Uint8Array): void {
    if (this.#keeps) this.#into.set(bytes, this.#taken);
    this.#taken += bytes.byteLength;
    if (this.#taken === this.#into.byteLength) this.#done();
  }

  /** Whether the last byte has come, if it was to be kept. */
  isRight(last: number): boolean {
    return !this.#keeps || this.#into.at(-1) === last;
  }
}
