import { type ActorClass, remote } from "mobula";

/** How far each stage of the work has come. Tasks report to it; the driver asks it. */
export class Progress {
  #done = new Map<string, number>();

  add(stage: string, amount: number): void {
    this.#done.set(stage, this.done(stage) + amount);
  }

  done(stage: string): number {
    return this.#done.get(stage) ?? 0;
  }
}

export const ProgressActor: ActorClass<typeof Progress> = remote(Progress, { numCpus: 0 });
