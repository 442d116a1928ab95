import { type ActorClass, type ActorHandle, get, getRuntimeContext, type RemoteFunction, remote } from "../../mod.ts";
import type { Gate } from "./gate.ts";

/** Runs until it is cancelled, and notes that it was. */
async function untilCancelled(to: ActorHandle<Gate>): Promise<string> {
  const { signal } = getRuntimeContext();
  // The note has arrived when its reader goes on; its answer may be cancelled together with this task.
  await get(to.note.remote("started")).catch(() => {});
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  await get(to.note.remote("cancelled"));
  return "too late";
}

type Run = [to: ActorHandle<Gate>];

export const obedient: RemoteFunction<Run, Promise<string>> = remote(untilCancelled);
export const pair: RemoteFunction<Run, Promise<string>, 2> = remote(untilCancelled, { numReturns: 2 });
export const items: RemoteFunction<Run, AsyncGenerator<number>> = remote(async function* (to: ActorHandle<Gate>): AsyncGenerator<number> {
  yield 1;
  await untilCancelled(to);
});
export const deaf: RemoteFunction<Run, Promise<void>> = remote(async (to: ActorHandle<Gate>) => {
  await get(to.note.remote("started"));
  await new Promise(() => {});
});

export class Patient {
  wait(to: ActorHandle<Gate>): Promise<string> {
    return untilCancelled(to);
  }

  hello(): string {
    return "hello";
  }
}

export const PatientActor: ActorClass<typeof Patient> = remote(Patient, { numCpus: 0, maxConcurrency: 2 });
