import { type ActorClass, type ActorHandle, get, type ObjectRef, remote } from "../../mod.ts";

/** Lets calls wait for each other: `pass` waits until `open`, `arrived` until so many have come to `pass` or `note`. */
export class Signal {
  readonly #notes: unknown[] = [];
  readonly #waiting: (() => void)[] = [];
  #watchers: { count: number; wake: () => void }[] = [];
  #arrivals = 0;
  #opened = false;

  async pass(note?: unknown): Promise<void> {
    this.note(note);
    if (!this.#opened) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }

  note(note: unknown): void {
    if (note !== undefined) this.#notes.push(note);
    this.#arrivals++;
    for (const { count, wake } of this.#watchers) if (this.#arrivals >= count) wake();
  }

  open(): void {
    this.#opened = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async arrived(count: number): Promise<unknown[]> {
    if (this.#arrivals < count) await new Promise<void>((wake) => void this.#watchers.push({ count, wake }));
    return [...this.#notes];
  }

  notes(): unknown[] {
    return [...this.#notes];
  }
}

export const SignalActor: ActorClass<typeof Signal> = remote(Signal, { maxConcurrency: 1_000, isolation: "shared" });

export type SignalHandle = ActorHandle<Signal>;

/** What a ref's failure is; fails when it has a value. */
export async function failureOf<E = Error & Record<string, unknown>>(ref: ObjectRef<unknown> | Promise<unknown>): Promise<E> {
  try {
    await (ref instanceof Promise ? ref : get(ref));
  } catch (error) {
    return error as E;
  }
  throw new Error("there was no failure");
}
