import { currentCall } from "../context/mod.ts";
import type { FunctionsContract } from "../contracts/mod.ts";
import { FunctionNotFoundError } from "../errors/mod.ts";
import { analyse, analyseValue, type Callable, type Definition, definitionId, FunctionNotFoundFault, lookupRemote } from "../functions/mod.ts";
import { ActorNumber, type Kernel, type NodeNumber, nodeOf, remoteContract, systemPlaceOf, type Told, toldContract } from "../kernel/mod.ts";
import {
  inheritEnv,
  needsProcess,
  type ResolvedActorOptions,
  type RuntimeEnv,
  resolveActorOptions,
  resolveEnv,
  resolveTaskOptions,
} from "../options/mod.ts";
import {
  type ActorMeta,
  type ActorTemplate,
  type FunctionRecord,
  functionId,
  type JobFields,
  type MethodMeta,
  type TaskTemplate,
  type Template,
} from "../tasks/mod.ts";
import { encodeWhole } from "../values/mod.ts";
import type { OwnTemplates } from "../worker/mod.ts";
import { type Core, coreOf, type Definable, portableOptions, type RemoteWire } from "./definable.ts";

/**
 * What this place has defined. A function goes into the node's function table before its first use, together
 * with the remote functions that it names; its templates are numbered here and published once each.
 */
export class Definitions implements OwnTemplates {
  readonly #kernel: Kernel;
  readonly #table: Told<FunctionsContract>;
  readonly #isolation: "thread" | "process";
  /** What is submitted here inherits it. */
  readonly #environment: RuntimeEnv | undefined;
  /** What is submitted outside any call works for it. */
  readonly #ownJob: JobFields;
  readonly #templates: { template: Template; run: unknown }[] = [];
  /** Ids of what was defined here; a later node of this process has a function table of its own. */
  readonly #functionIds: WeakMap<Definable, string> = new WeakMap();
  readonly #taskTemplates: WeakMap<Core, TaskTemplate> = new WeakMap();
  readonly #actorTemplates: WeakMap<Core, ActorTemplate> = new WeakMap();
  /** By all that they say: `.options()` with the same options again makes no new one. */
  readonly #byContent: Map<string, Template> = new Map();

  constructor(kernel: Kernel, surroundings: { isolation: "thread" | "process"; environment: RuntimeEnv | undefined; job: JobFields }) {
    this.#kernel = kernel;
    this.#isolation = surroundings.isolation;
    this.#environment = surroundings.environment;
    this.#ownJob = surroundings.job;
    this.#table = toldContract<FunctionsContract>(kernel, systemPlaceOf(kernel.place), ActorNumber.gcs);
  }

  own(number: number): { template: Template; run: unknown } | undefined {
    const own = this.#templates[number];
    return own?.run === undefined ? undefined : own;
  }

  taskTemplate(core: Core): TaskTemplate {
    const job = this.#job;
    const known = this.#taskTemplates.get(core);
    if (known?.jobId === job.jobId) return known;
    const { definable } = core;
    const options = this.#inEnvironment(resolveTaskOptions(core.options, definable));
    const inline = options.isolation === "inline";
    const functionId = inline && definable.run !== undefined ? "" : this.define(definable);
    const template = this.#publish<TaskTemplate>(inline ? definable.run : undefined, {
      kind: "task",
      jobId: job.jobId,
      namespace: job.namespace,
      functionId,
      name: options.name ?? (definable.name || "(anonymous)"),
      options,
      schedulingClass: schedulingClassOf(options, this.#isolation),
    });
    this.#taskTemplates.set(core, template);
    return template;
  }

  actorTemplate(core: Core): ActorTemplate {
    const job = this.#job;
    const known = this.#actorTemplates.get(core);
    if (known?.jobId === job.jobId) return known;
    const { definable } = core;
    const options = this.#inEnvironment(resolveActorOptions(core.options, definable.staticMethods));
    const inline = options.isolation === "inline";
    const template = this.#publish<ActorTemplate>(inline ? definable.run : undefined, {
      kind: "actor",
      jobId: job.jobId,
      namespace: job.namespace,
      functionId: inline && definable.run !== undefined ? "" : this.define(definable),
      name: definable.name || "(anonymous)",
      options,
      meta: metaOf(definable, options),
    });
    this.#actorTemplates.set(core, template);
    return template;
  }

  /** Numbers and publishes it, unless there is one that says the same. `run`: what runs in its owner's thread, and has not travelled. */
  #publish<T extends Template>(run: unknown, content: Omit<T, "owner" | "number">): T {
    const key = run === undefined ? JSON.stringify(content, exactly) : undefined;
    const known = key === undefined ? undefined : (this.#byContent.get(key) as T | undefined);
    if (known !== undefined) return known;
    const template = { owner: this.#kernel.place, number: this.#templates.length, ...content } as T;
    this.#templates.push({ template, run });
    if (key !== undefined) this.#byContent.set(key, template);
    this.#table.publish(template);
    return template;
  }

  /** Puts a function or class into the function table; gives its id. @throws FunctionNotFoundError */
  define(definable: Definable): string {
    const known = definable.functionId ?? this.#functionIds.get(definable);
    if (known !== undefined) return known;
    const { site, captures } = definable;
    if (site === undefined) throw new Error(`"${definable.name}" has no definition here`);
    const definition = faultsAsErrors(() =>
      analyse(definable.run as Callable, site, {
        captures: Object.keys(captures ?? {}),
        name: definable.name || undefined,
        importBindings: true,
      }),
    );
    const packed = captures === undefined ? undefined : encodeWhole(captures);
    const content = packed === undefined ? definitionId(definition) : `${definitionId(definition)}-${this.#kernel.place}-${this.#templates.length}`;
    const id = functionId(content, this.node);
    this.#functionIds.set(definable, id);
    definable.name ||= definition.name;
    const record: FunctionRecord = {
      id,
      name: definable.name,
      definition,
      jobId: this.#job.jobId,
      links: this.#links(definition),
      ...(packed === undefined ? {} : { captures: packed }),
    };
    this.#table.define(record);
    return id;
  }

  /** Whose files the definitions of this place name. */
  get node(): NodeNumber {
    return nodeOf(this.#kernel.place);
  }

  /** The URL by which a module of another node's is imported here. @throws FunctionNotFoundError */
  async moduleHere(url: string, node: NodeNumber): Promise<string> {
    if (node === this.node) return url;
    const definition: Definition = { kind: "module", name: "", url };
    const table = remoteContract<FunctionsContract>(this.#kernel, systemPlaceOf(this.#kernel.place), ActorNumber.gcs);
    const found = (await table.here({
      id: functionId(definitionId(definition), node),
      name: "",
      jobId: this.#job.jobId,
      definition,
    })) as FunctionRecord;
    return found.definition.url ?? url;
  }

  /** A plain function inside a value, as a record that travels with it. */
  defineValue(fn: Callable): FunctionRecord {
    const definition = faultsAsErrors(() => analyseValue(fn, undefined, { importBindings: true }));
    const id = functionId(definitionId(definition), this.node);
    return { id, name: fn.name, definition, jobId: this.#job.jobId, links: this.#links(definition) };
  }

  /** A remote function or class as it travels: its definition is in the table before it leaves. */
  wireOf(core: Core): RemoteWire {
    const { definable } = core;
    return {
      kind: definable.kind,
      functionId: this.define(definable),
      name: definable.name,
      options: portableOptions(core.options),
      generator: definable.generator,
      staticMethods: definable.staticMethods,
      generatorMethods: definable.generatorMethods,
    };
  }

  /** Which job what happens here now belongs to. */
  get #job(): JobFields {
    return currentCall() ?? this.#ownJob;
  }

  /** The options with the environment that it is to run in, and the isolation that this takes. */
  #inEnvironment<T extends Pick<ResolvedActorOptions, "isolation" | "runtimeEnv">>(options: T): T {
    if (options.isolation === "inline" && options.runtimeEnv !== undefined)
      throw new RangeError('remote(): option "runtimeEnv" is for workers; with isolation "inline" it runs in its caller\'s own environment');
    const runtimeEnv = inheritEnv(this.#environment, resolveEnv(options.runtimeEnv));
    if (runtimeEnv === undefined) return options;
    const inThread = (options.isolation ?? this.#isolation) === "thread";
    return { ...options, runtimeEnv, ...(inThread && needsProcess(runtimeEnv) ? { isolation: "process" } : {}) };
  }

  /** The remote functions that a definition names. */
  #links(definition: Definition): Record<string, RemoteWire> {
    const links: Record<string, RemoteWire> = {};
    if (definition.kind !== "source") return links;
    for (const binding of definition.bindings) {
      if (binding.kind !== "remote") continue;
      const core = coreOf(lookupRemote(binding.site));
      if (core !== undefined) links[binding.site] = this.wireOf(core);
    }
    return links;
  }
}

/** Numbers that JSON does not know are told apart, too. */
function exactly(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

function metaOf(definable: Definable, options: ResolvedActorOptions): ActorMeta {
  const methods: Record<string, MethodMeta> = { ...(options.methods as Record<string, MethodMeta>) };
  for (const name of definable.generatorMethods) methods[name] = { numReturns: "streaming", ...methods[name] };
  const { maxTaskRetries, maxPendingCalls, generatorBackpressure, timeoutMs } = options;
  return {
    className: definable.name || "(anonymous)",
    methods,
    groups: Object.keys(options.concurrencyGroups),
    maxTaskRetries,
    maxPendingCalls,
    generatorBackpressure,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function schedulingClassOf(options: TaskTemplate["options"], isolation: "thread" | "process"): string {
  const { resources, schedulingStrategy, labelSelector, fallbackStrategy, runtimeEnv } = options;
  const needs = Object.entries(resources).sort(([a], [b]) => (a < b ? -1 : 1));
  const where = [schedulingStrategy ?? 0, labelSelector ?? 0, fallbackStrategy ?? 0];
  // So that a node knows of each lease whether what runs under it may be tried again.
  const once = options.maxRetries === 0;
  return JSON.stringify([needs, options.isolation ?? isolation, ...where, runtimeEnv ?? 0, ...(once ? ["once"] : [])]);
}

function faultsAsErrors<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof FunctionNotFoundFault)) throw error;
    throw asFunctionNotFound(error);
  }
}

export function asFunctionNotFound(fault: FunctionNotFoundFault): FunctionNotFoundError {
  const error = new FunctionNotFoundError({
    functionName: fault.functionName,
    freeNames: fault.freeNames,
    ...(fault.moduleUrl === undefined ? {} : { moduleUrl: fault.moduleUrl }),
    ...(fault.cause === undefined ? {} : { cause: fault.cause }),
  });
  error.message = fault.message;
  return error;
}
