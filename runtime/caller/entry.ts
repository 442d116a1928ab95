import { ObjectLostError } from "../errors/mod.ts";
import { type ObjectId, objectId, type PlaceId } from "../kernel/mod.ts";
import type { Pin } from "../references/mod.ts";
import { type Payload, PayloadKind } from "../values/mod.ts";
import type { Run } from "./derivation.ts";
import { currentEra } from "./era.ts";

/**
 * What a place knows of one object. Refs point to it; it goes with the last of them.
 *
 * An entry is pending until it has a payload. A payload, once there, changes only when the object is freed
 * or lost.
 */
export class Entry implements Pin {
  readonly place: PlaceId;
  readonly sequence: number;
  readonly #era: number = currentEra();
  payload: Payload | undefined;
  /** The task that makes the value, or the call that makes it again; only at the owner, until it has ended. */
  task: Run | undefined;
  /** What the value refers to: held as long as the value. */
  pins: readonly Pin[] | undefined;
  /** The buffer of a sealed value while anything here still views it. */
  view: WeakRef<SharedArrayBuffer> | undefined;
  /** Whether the object manager knows the object, and counts this place among its holders. */
  shared = false;
  /** Whether the object manager has been asked for the value. */
  wanted = false;
  /** Whether `free` was called: a value that comes later is dropped. */
  freed = false;
  /** Refs that have not been disposed of, and other users. */
  handles = 0;
  /** Whether the outcome was seen by `get` or `wait`, or went elsewhere with a ref. */
  observed = false;
  /** The number of the `wait` that was given it last: tells whether one was given it twice. */
  lastWait = 0;
  /** Called when the last user has let go by hand and no task makes the value any more. */
  onUnused: () => void = nothing;
  #id: ObjectId | undefined;
  /** Mostly there is one. */
  #waiters: (() => void) | (() => void)[] | undefined;

  constructor(place: PlaceId, sequence: number, id?: ObjectId) {
    this.place = place;
    this.sequence = sequence;
    this.#id = id;
  }

  get id(): ObjectId {
    this.#id ??= objectId(this.place, this.sequence);
    return this.#id;
  }

  /** Of a session that has ended only what needs nobody else can still be had. @throws ObjectLostError */
  assertUsable(): void {
    const { payload } = this;
    if (payload === undefined || payload.kind === PayloadKind.sealed || payload.children.length > 0) this.assertCurrent();
  }

  /** @throws ObjectLostError when the id stands for nothing any more, or for something else, as its session has ended */
  assertCurrent(): void {
    if (this.#era !== currentEra()) throw new ObjectLostError({ objectId: this.id, reason: "its session was shut down" });
  }

  get ready(): boolean {
    return this.payload !== undefined;
  }

  hold(): void {
    this.handles++;
  }

  letGo(): void {
    if (--this.handles === 0) this.dropIfUnused();
  }

  /** Lets the value go if nobody here can ask for it; its task's end looks again. */
  dropIfUnused(): void {
    if (this.handles > 0 || this.task !== undefined) return;
    this.onUnused();
    this.unpin();
  }

  unpin(): void {
    const { pins } = this;
    this.pins = undefined;
    if (pins !== undefined) for (const pin of pins) pin.letGo();
  }

  /** Sets the outcome and wakes those who wait. */
  settle(payload: Payload): void {
    this.payload = payload;
    this.#wake();
  }

  /** Wakes those who wait without an outcome being new: the buffer of a sealed value has come. */
  arrived(buffer: SharedArrayBuffer): void {
    this.view = new WeakRef(buffer);
    this.#wake();
  }

  /** Calls back once at the next change; the returned function takes that back. */
  onChange(waiter: () => void): () => void {
    this.addWaiter(waiter);
    return () => this.removeWaiter(waiter);
  }

  /** The same, taken back by `removeWaiter`: for one function that waits for very many entries. */
  addWaiter(waiter: () => void): void {
    const waiters = this.#waiters;
    if (waiters === undefined) this.#waiters = waiter;
    else if (typeof waiters === "function") this.#waiters = [waiters, waiter];
    else waiters.push(waiter);
  }

  removeWaiter(waiter: () => void): void {
    const waiters = this.#waiters;
    if (waiters === waiter) this.#waiters = undefined;
    else if (typeof waiters === "object") {
      const at = waiters.indexOf(waiter);
      if (at >= 0) waiters.splice(at, 1);
    }
  }

  /** Whether anybody waits for a change. */
  get isAwaited(): boolean {
    const waiters = this.#waiters;
    return typeof waiters === "function" || (waiters !== undefined && waiters.length > 0);
  }

  #wake(): void {
    const waiters = this.#waiters;
    if (waiters === undefined) return;
    this.#waiters = undefined;
    if (typeof waiters === "function") waiters();
    else for (const waiter of waiters) waiter();
  }
}

function nothing(): void {}
