import { type ActorClass, remote } from "../../mod.ts";

/** Holds calls back until it is opened, and keeps what tasks note down in the order in which it comes. */
export class Gate {
  readonly notes: string[] = [];
  #waiting: (() => void)[] = [];
  #arrived = 0;
  #opened = false;
  #watchers: { count: number; resolve: () => void }[] = [];

  async pass(): Promise<void> {
    this.#arrive();
    if (!this.#opened) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }

  open(): void {
    this.#opened = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when so many have come, by `pass` or `note`. */
  async arrived(count: number): Promise<void> {
    if (this.#arrived < count) await new Promise<void>((resolve) => void this.#watchers.push({ count, resolve }));
  }

  note(text: string): void {
    this.notes.push(text);
    this.#arrive();
  }

  read(): string[] {
    return this.notes;
  }

  #arrive(): void {
    this.#arrived++;
    for (const { count, resolve } of this.#watchers) if (this.#arrived >= count) resolve();
  }
}

export const GateActor: ActorClass<typeof Gate> = remote(Gate, { maxConcurrency: 1_000, numCpus: 0 });
