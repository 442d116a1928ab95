import { AsyncLocalStorage } from "node:async_hooks";
import type { ActorId, PlaceId } from "../kernel/mod.ts";

/** The call that the running code belongs to. A driver's main code belongs to none. */
export interface CallContext {
  /** Numbers this run at its place; what it submits names it as parent. */
  readonly run: number;
  readonly owner: PlaceId;
  readonly sequence: number;
  readonly name: string;
  readonly attempt: number;
  readonly actorId?: ActorId | undefined;
  readonly actorName?: string | undefined;
  readonly reconstructed?: boolean | undefined;
  readonly placementGroupId?: string | undefined;
  /** Whether what it submits runs in its placement group, unless it says otherwise. */
  readonly capturesChildren?: boolean | undefined;
  readonly resources: Record<string, number>;
  /** The GPUs that the call has. */
  readonly acceleratorIds?: readonly string[] | undefined;
  readonly runtimeEnv: Record<string, unknown>;
  readonly namespace: string;
  readonly jobId: string;
  readonly signal: AbortSignal;
  /** Says that the call waits for objects: its CPU may be used meanwhile. */
  block(): void;
  unblock(): void;
}

const storage = new AsyncLocalStorage<CallContext>();

/** The running call, if any. */
export function currentCall(): CallContext | undefined {
  return storage.getStore();
}

/** Runs `body` as part of `call`, across its awaits. */
export function runInCall<T>(call: CallContext, body: () => T): T {
  return storage.run(call, body);
}

/**
 * In a worker, code that runs outside any call is a module that is being imported for its definitions: there
 * the script's main part must not run a second time. The worker's boot says so.
 */
let importing = false;

export function markWorkerRealm(): void {
  importing = true;
}

/** Whether the running code is the body of a module that a worker imports. */
export function isShadowRun(): boolean {
  return importing && storage.getStore() === undefined;
}
