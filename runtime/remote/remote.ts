import { isShadowRun } from "../context/mod.ts";
import { defineSite, registerRemote } from "../functions/mod.ts";
import { type ActorOptions, checkActorOptions, checkTaskOptions, type TaskOptions } from "../options/mod.ts";
import type { RemoteApi } from "../types/mod.ts";
import { coreOf, type Definable, generatorMethodsOf, isClass, isGenerator } from "./definable.ts";
import { actorFace, taskFace } from "./faces.ts";

/**
 * Makes a remote function of a function, or an actor class of a class.
 *
 * `remote(fn).remote(…)` submits a task and returns refs at once; `remote(Class).remote(…)` creates an actor and
 * returns its handle at once. `options` are the defaults of all its calls; see `TaskOptions` and `ActorOptions`.
 *
 * @throws TypeError when given neither a function nor a class, or an option of a wrong type
 * @throws RangeError for an unknown option or a wrong value, by name
 */
export const remote: RemoteApi = ((target: unknown, options: TaskOptions & ActorOptions = {}): unknown => {
  if (typeof target !== "function") {
    throw new TypeError(`remote() takes a function or a class, not ${target === null ? "null" : typeof target}`);
  }
  if (coreOf(target) !== undefined)
    throw new TypeError("remote() was given what remote() returned: it is remote already; use .options(…) to change its options");
  const actor = isClass(target);
  const stated = actor ? checkActorOptions(options) : checkTaskOptions(options);
  const site = defineSite(target);
  const definable: Definable = {
    kind: actor ? "actor" : "task",
    name: target.name,
    run: target,
    site,
    captures: stated.captures,
    generator: !actor && isGenerator(target),
    staticMethods: actor ? (target as unknown as { methods?: unknown }).methods : undefined,
    generatorMethods: actor ? generatorMethodsOf(target as unknown as { prototype: object }) : [],
    functionId: undefined,
  };
  const core = { definable, options: stated as TaskOptions & ActorOptions };
  const face = actor ? actorFace(core) : taskFace(core);
  // In a worker, a module that is imported for its definitions may stop for ever before anyone holds them.
  registerRemote(site, face, isShadowRun());
  return face;
}) as RemoteApi;
