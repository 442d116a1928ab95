import { type Caller, nextEra } from "../caller/mod.ts";
import { currentCall, isShadowRun } from "../context/mod.ts";
import { NotInitializedError } from "../errors/mod.ts";
import { noteSuspension } from "../functions/mod.ts";
import type { Definitions } from "../remote/mod.ts";
import type { PlaceIdentity } from "../worker/mod.ts";

/** What the public functions of a thread work with: its caller's side and what it has defined. */
export interface Session {
  readonly caller: Caller;
  readonly definitions: Definitions;
  readonly identity: PlaceIdentity;
  /** Default isolation of tasks and actors. */
  readonly isolation: "thread" | "process";
  /** Keeps the process alive while something is awaited; returns the way to let go. */
  keepAlive(): () => void;
}

let current: Session | undefined;
let start: (() => Session) | undefined;

/** The thread's session; starts a local node where none is running, as Ray does. */
export function session(): Session {
  if (current !== undefined) return current;
  if (start === undefined) throw new NotInitializedError({ operation: "this call" });
  return start();
}

export function currentSession(): Session | undefined {
  return current;
}

export function openSession(session: Session): void {
  nextEra();
  current = session;
}

export function closeSession(): void {
  nextEra();
  current = undefined;
}

/** How a session is started by itself; set by whoever can start a node. */
export function setStarter(starter: () => Session): void {
  start = starter;
}

/**
 * The promise for code that must not go on: the body of a user's module that a worker imports for its
 * definitions. Undefined where code may run.
 */
export function neverInShadow(): Promise<never> | undefined {
  if (!isShadowRun()) return undefined;
  noteSuspension();
  return new Promise<never>(() => {});
}

/**
 * Awaits for the running call: its CPU is free for others meanwhile, and a driver's process stays alive.
 */
export async function awaiting<T>(promise: Promise<T>): Promise<T> {
  const call = currentCall();
  const release = call === undefined ? current?.keepAlive() : undefined;
  call?.block();
  try {
    return await promise;
  } finally {
    call?.unblock();
    release?.();
  }
}
