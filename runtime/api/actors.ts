import { currentCall, isShadowRun } from "../context/mod.ts";
import {
  checkGetActorOptions,
  checkListNamedActorsOptions,
  type GetActorOptions,
  type KillOptions,
  type ListNamedActorsOptions,
  resolveKillOptions,
} from "../options/mod.ts";
import { ActorHandle } from "../remote/mod.ts";
import { awaiting, neverInShadow, session } from "../session/mod.ts";
import type { AnyActorHandle, GetActorApi } from "../types/mod.ts";
import { ActorExit } from "../worker/mod.ts";

/**
 * A handle to the living actor of that name, in the job's namespace unless another is given.
 * @throws ActorNotFoundError
 */
export const getActor: GetActorApi = (async (name: string, options: GetActorOptions = {}): Promise<unknown> => {
  const shadow = neverInShadow();
  if (shadow !== undefined) return await shadow;
  if (typeof name !== "string") throw new TypeError(`getActor() takes the name of an actor, not ${typeof name}`);
  const { namespace } = checkGetActorOptions(options);
  const { caller, identity } = session();
  const { id, meta } = await awaiting(caller.actors.ask.lookup(name, namespace ?? currentCall()?.namespace ?? identity.namespace));
  return ActorHandle.of(caller.actors.lookedUp(id, meta));
}) as GetActorApi;

/**
 * Ends an actor at once. Its running and queued calls reject with ActorDiedError; its name is free again.
 * @param options.noRestart false lets `maxRestarts` apply. Default true.
 */
export function kill(handle: AnyActorHandle, options: KillOptions = {}): void {
  if (isShadowRun()) return;
  const { noRestart } = resolveKillOptions(options);
  const record = ActorHandle.recordOf(handle);
  if (record === undefined) throw new TypeError("kill() takes an actor handle; to stop a task use cancel(ref)");
  session().caller.actors.kill(record, noRestart);
}

/**
 * Ends the actor in whose method it is called, and leaves the method. Calls that wait reject with ActorDiedError.
 * @throws Error when called outside an actor
 */
export function exitActor(): never {
  if (currentCall()?.actorId === undefined) throw new Error("exitActor() is for actors' methods; outside one there is no actor to end");
  throw new ActorExit();
}

/** The names of living named actors, of the job's namespace or of all. */
export async function listNamedActors(options: ListNamedActorsOptions = {}): Promise<{ name: string; namespace: string }[]> {
  const shadow = neverInShadow();
  if (shadow !== undefined) return await shadow;
  const { allNamespaces = false } = checkListNamedActorsOptions(options);
  const { caller, identity } = session();
  return (await awaiting(caller.actors.ask.list(allNamespaces ? null : (currentCall()?.namespace ?? identity.namespace)))) as {
    name: string;
    namespace: string;
  }[];
}
