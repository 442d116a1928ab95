import { type BufferSource, Caller, type CallerOptions } from "../caller/mod.ts";
import { CONTRACT_SHAPES, ExecutorOp, type FunctionsContract } from "../contracts/mod.ts";
import { FunctionNotFoundFault, filesOf, Materialiser, type OuterBinding } from "../functions/mod.ts";
import { ActorNumber, type Clock, Kernel, type PlaceId, type Remote, remoteContract, systemPlaceOf } from "../kernel/mod.ts";
import { asFunctionNotFound, Definitions, faceOf, type RemoteWire, registerOwnTravel } from "../remote/mod.ts";
import type { FunctionRecord } from "../tasks/mod.ts";
import { decodeValue, faultWire } from "../values/mod.ts";
import { Executor, type PlaceIdentity, TemplateCache } from "../worker/mod.ts";
import { FaultReport } from "./fault_report.ts";
import { publicModules } from "./public_modules.ts";

export interface PlaceOptions {
  place: PlaceId;
  clock: Clock;
  identity: PlaceIdentity;
  /** Default isolation of tasks and actors. */
  isolation: "thread" | "process";
  /** Whether this place shares memory with its node's threads. Default: true. */
  sharesMemory?: boolean;
  buffers(kernel: Kernel, tellDrops: () => void): BufferSource;
  print: CallerOptions["print"];
  /** The system worker hands over the end of a link to another place. */
  onLink(place: PlaceId, port: MessagePort, kernel: Kernel): void;
  onUnobserved?: CallerOptions["onUnobserved"];
}

/** One realm that takes part: its kernel, its caller's side and its executing side. */
export interface Place {
  readonly kernel: Kernel;
  readonly caller: Caller;
  readonly executor: Executor;
  readonly definitions: Definitions;
}

let travels = false;

/** Composes a place; the caller connects its kernel to the node's system worker. */
export function openPlace(options: PlaceOptions): Place {
  const { clock } = options;
  const system = systemPlaceOf(options.place);
  const kernel: Kernel = new Kernel({
    place: options.place,
    faults: faultWire,
    shapes: CONTRACT_SHAPES,
    onFault: new FaultReport(clock, (text) => options.print("stderr", text)).tell,
    onUnlinked: (to) => {
      if (to !== system) kernel.send(system, [ActorNumber.node, "connect", 0, to]);
    },
    onLink: (to, port) => options.onLink(to, port, kernel),
    // There is one such place.
    onSuccessor: () => {
      caller.actors.succeeded();
      executor.host.succeeded();
    },
  });
  const definitions = new Definitions(kernel, { isolation: options.isolation, environment: options.identity.runtimeEnv, job: options.identity });
  const table = remoteContract<FunctionsContract>(kernel, system, ActorNumber.gcs);
  const functions = new Functions(clock, table);
  if (!travels) registerOwnTravel((record) => functions.now(record));
  travels = true;
  const caller: Caller = new Caller({
    kernel,
    clock,
    buffers: options.buffers(kernel, () => caller.objects.references.flush()),
    runInline: (task) => {
      const { template, sequence, arguments: args } = task;
      kernel.send(kernel.place, [ActorNumber.executor, ExecutorOp.run, 0, template.owner, template.number, sequence, args.form, args.data, 0]);
    },
    batches: ({ options: { isolation } }) => options.sharesMemory !== false && (isolation ?? options.isolation) === "thread",
    print: options.print,
    ...(options.onUnobserved === undefined ? {} : { onUnobserved: options.onUnobserved }),
  });
  const templates = new TemplateCache({
    table,
    materialise: (record) => functions.later(record),
    place: options.place,
    own: definitions,
  });
  const executor: Executor = new Executor(caller, templates, options.identity);
  return { kernel, caller, executor, definitions };
}

/** How long a worker waits for the rest of a user's module once it has what it needs of it. */
const IMPORT_PATIENCE_MS = 2_000;

/** Functions that come here, made live. */
class Functions {
  readonly #materialiser: Materialiser;
  readonly #table: Remote<FunctionsContract>;

  constructor(clock: Clock, table: Remote<FunctionsContract>) {
    this.#table = table;
    const patience = (): Promise<void> => new Promise((resolve) => void clock.after(IMPORT_PATIENCE_MS, resolve));
    this.#materialiser = new Materialiser({ resolveBinding: () => undefined, patience });
  }

  /** The function or class of a record. @throws FunctionNotFoundError */
  async later(record: FunctionRecord): Promise<unknown> {
    const captures = record.captures === undefined ? {} : (decodeValue(record.captures) as Record<string, unknown>);
    try {
      return await this.#materialiser.materialise(record.definition, {
        id: record.id,
        resolveBinding: (binding) => this.#resolve(binding, record, captures),
      });
    } catch (error) {
      throw error instanceof FunctionNotFoundFault ? asFunctionNotFound(error) : error;
    }
  }

  /** A function inside a value: at once when only its text is needed; else one that waits for what it needs. */
  now(record: FunctionRecord): unknown {
    const { definition } = record;
    const ready = this.#materialiser.materialiseNow(definition, {
      id: record.id,
      resolveBinding: (binding) => this.#resolve(binding, record, {}),
    });
    if (ready !== undefined) return ready;
    const coming = this.#inValue(record);
    coming.catch(() => {});
    return async (...args: unknown[]) => ((await coming) as (...args: unknown[]) => unknown)(...args);
  }

  /** A function inside a value may have come from another node, whose modules are not here as they are there. */
  async #inValue(record: FunctionRecord): Promise<unknown> {
    return this.later(filesOf(record.definition).length > 0 ? ((await this.#table.here(record)) as FunctionRecord) : record);
  }

  #resolve(binding: OuterBinding, record: FunctionRecord, captures: Record<string, unknown>): unknown {
    switch (binding.kind) {
      case "capture":
        return captures[binding.name];
      case "remote": {
        const link = record.links?.[binding.site] as RemoteWire | undefined;
        return link === undefined ? undefined : faceOf(link);
      }
      case "mobula": {
        const pick = (module: Record<string, unknown>): unknown => (binding.export === "*" ? module : module[binding.export]);
        const module = loadedModules.get(binding.specifier);
        if (module !== undefined) return pick(module);
        return publicModules[binding.specifier]().then((loaded) => {
          loadedModules.set(binding.specifier, loaded);
          return pick(loaded);
        });
      }
      default:
        return undefined;
    }
  }
}

const loadedModules: Map<string, Record<string, unknown>> = new Map();
