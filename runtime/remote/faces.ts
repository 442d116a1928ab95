import { ActorRecord, type CallOptions, Entry, encodeArguments, ItemStream, ObjectRef, type Submitted } from "../caller/mod.ts";
import { isShadowRun } from "../context/mod.ts";
import type { ActorSpec } from "../contracts/mod.ts";
import { actorId } from "../kernel/mod.ts";
import { checkActorCallOptions, checkTaskCallOptions, mergeOptions } from "../options/mod.ts";
import type { Pin } from "../references/mod.ts";
import { type Session, session } from "../session/mod.ts";
import type { ActorMeta } from "../tasks/mod.ts";
import { ActorHandle } from "./actor_handle.ts";
import { captured } from "./captured.ts";
import { type Core, setCore } from "./definable.ts";
import { ObjectRefGenerator } from "./object_ref_generator.ts";

/** What `remote(fn)` returns: `.remote()` submits, `.options()` gives the same with other options. */
export interface TaskFace {
  remote(...args: unknown[]): unknown;
  options(options: unknown): TaskFace;
}

export interface ActorFace {
  remote(...args: unknown[]): object;
  options(options: unknown): ActorFace;
}

export function taskFace(core: Core): TaskFace {
  const name = core.definable.name || "(anonymous)";
  const face = (): never => {
    throw new TypeError(`remote function "${name}" was called directly; submit it with ${name}.remote(…) and fetch the result with await get(ref)`);
  };
  return finish(face, core, {
    remote: (...args: unknown[]) => submitTask(core, args),
    options: (options: unknown) => taskFace({ ...core, options: mergeOptions(core.options, checkTaskCallOptions(options)) }),
  });
}

export function actorFace(core: Core): ActorFace {
  const name = core.definable.name || "(anonymous)";
  const face = (): never => {
    throw new TypeError(`actor class "${name}" was called directly; create an actor with ${name}.remote(…)`);
  };
  return finish(face, core, {
    remote: (...args: unknown[]) => createActor(core, args),
    options: (options: unknown) =>
      actorFace({
        ...core,
        options: mergeOptions<Core["options"]>(core.options, checkActorCallOptions(options) as Partial<Core["options"]>),
      }),
  });
}

function finish<T extends object>(face: () => never, core: Core, methods: T): T {
  Object.defineProperty(face, "name", { value: core.definable.name, configurable: true });
  for (const [name, method] of Object.entries(methods)) Object.defineProperty(face, name, { value: method, enumerable: true });
  setCore(face, core);
  return face as unknown as T;
}

function submitTask(core: Core, args: unknown[]): unknown {
  if (isShadowRun()) return inertResult(core.definable.generator);
  const { caller, definitions } = session();
  const template = definitions.taskTemplate(captured(core));
  return resultOf(caller.submitTask(template, args), template.options.numReturns);
}

/** Refs for what a call returns: one, a tuple, none, or a stream of them. */
export function resultOf(submitted: Submitted, numReturns: number | "streaming"): unknown {
  if (submitted.stream !== undefined) return new ObjectRefGenerator(submitted.stream, submitted.entries[0] as Entry);
  if (numReturns === 1) return new ObjectRef(submitted.entries[0] as Entry);
  if (numReturns === 0) return undefined;
  return submitted.entries.map((entry) => new ObjectRef(entry));
}

function createActor(core: Core, args: unknown[]): object {
  if (isShadowRun()) return inertHandle(core);
  const { caller, definitions } = session();
  const template = definitions.actorTemplate(captured(core));
  const { meta } = template;
  const id = actorId(caller.place, caller.nextSequence());
  const encoded = encodeArguments(args, caller);
  if ("kind" in encoded) return ActorHandle.of(caller.actors.stillborn(id, meta, caller.objects.unpack(encoded)));
  const { form, data, needs, pins } = encoded;
  const spec: ActorSpec = {
    id,
    template: template.number,
    form,
    data,
    needs,
    keeps: keptBy(pins),
  };
  const handle = ActorHandle.of(caller.actors.create(spec, template));
  // The control store holds them from now on.
  for (const pin of pins) pin.letGo();
  caller.kernel.flushIfMuch();
  return handle;
}

/** What is known beyond this place of what arguments hold: a value that travels with them is not, but its refs are. */
function keptBy(pins: readonly Pin[]): string[] {
  return pins.flatMap((pin) => (pin instanceof Entry && !pin.shared ? (pin.payload?.children ?? []) : [pin.id]));
}

/** A call of an actor's method. */
export function callActor(record: ActorRecord, call: { method: string; args: unknown[]; options?: CallOptions }): unknown {
  const { method, args, options } = call;
  const { methods } = record.meta;
  const numReturns = options?.numReturns ?? (Object.hasOwn(methods, method) ? methods[method]?.numReturns : undefined) ?? 1;
  if (isShadowRun()) return inertResult(numReturns === "streaming");
  const { caller } = session();
  const submitted = caller.submitCall(record, method, args, options);
  caller.kernel.flushIfMuch();
  return resultOf(submitted, numReturns);
}

/** What code gets that must not run: the body of a module that a worker imports. Nothing ever comes of it. */
function inertResult(streaming: boolean): unknown {
  const entry = new Entry(-1, 0, "o-inert");
  return streaming ? new ObjectRefGenerator(new ItemStream(entry), entry) : new ObjectRef(entry);
}

function inertHandle(core: Core): object {
  const meta: ActorMeta = {
    className: core.definable.name,
    methods: {},
    groups: [],
    maxTaskRetries: 0,
    maxPendingCalls: -1,
    generatorBackpressure: -1,
  };
  return ActorHandle.of(new ActorRecord("a-inert", meta, { phase: "UNKNOWN", lane: 0, onUnused: () => {} }));
}

export type { Session };
