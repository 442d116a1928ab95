import { EventLog } from "../actors/worker_place/mod.ts";
import { messagePortLink } from "../net/mod.ts";
import { type ActorRecord, Caller, type Entry, encodeArguments, fetchOutcome, type ItemStream } from "../runtime/caller/mod.ts";
import { currentCall } from "../runtime/context/mod.ts";
import {
  CallerOp,
  CONTRACT_SHAPES,
  type FunctionsContract,
  type NodeContract,
  type PlaceContract,
  type PlacementGroupsContract,
} from "../runtime/contracts/mod.ts";
import {
  ActorNumber,
  actorId,
  HEAD_PLACE,
  Kernel,
  nodeOf,
  type PlaceId,
  placementGroupId,
  remoteContract,
  serve,
  systemPlaceOf,
  toldContract,
} from "../runtime/kernel/mod.ts";
import { type ActorOptions, type Bundle, type PlacementStrategy, resolvePlacementGroup, type TaskOptions } from "../runtime/options/mod.ts";
import { sharedBuffers } from "../runtime/place/mod.ts";
import { Definitions } from "../runtime/remote/mod.ts";
import { functionId } from "../runtime/tasks/mod.ts";
import { faultWire } from "../runtime/values/mod.ts";
import { type AnyClass, type AnyFunction, Executor, type PlaceIdentity, TemplateCache } from "../runtime/worker/mod.ts";
import type { Realm } from "./realm.ts";
import "./ref_travel.ts";
import type { VirtualPort } from "./virtual_port.ts";

/** What a simulated function or class has of the place where it runs. */
export interface SimulatedContext {
  readonly place: PlaceId;
  readonly nodeId: string;
  readonly caller: Caller;
  /** Time passes. */
  sleep(ms: number): Promise<void>;
  /** Submits a task from here; resolves with its result. */
  run(name: string, args: readonly unknown[], options?: TaskOptions): Promise<unknown>;
}

type Core = Parameters<Definitions["taskTemplate"]>[0];

/** A function or class of a simulation: it does not travel, but is made anew at every place. */
export type SimulatedFunction = (context: SimulatedContext) => AnyFunction | AnyClass;

/** By name. */
export type Functions = ReadonlyMap<string, SimulatedFunction>;

export interface SimulatedPlaceOptions {
  place: PlaceId;
  realm: Realm;
  /** To the node's system worker. */
  port: VirtualPort;
  account: SharedArrayBuffer;
  functions: Functions;
  onFault(error: unknown): void;
  print(line: string): void;
}

const platform = { collectGarbage: (): boolean => false };

/** A worker's or a driver's thread: the real caller's side and the real executor over simulated links. */
export class SimulatedPlace {
  readonly kernel: Kernel;
  readonly caller: Caller;
  readonly realm: Realm;
  readonly #executor: Executor;
  readonly #events: EventLog;
  readonly #definitions: Definitions;
  readonly #cores: Map<string, Core> = new Map();
  readonly #identity: PlaceIdentity = { nodeId: "", jobId: "", namespace: "", nodeLabels: {} };

  constructor(options: SimulatedPlaceOptions) {
    const { place, realm, account } = options;
    const system = systemPlaceOf(place);
    this.realm = realm;
    const kernel: Kernel = new Kernel({
      place,
      faults: faultWire,
      shapes: CONTRACT_SHAPES,
      onFault: options.onFault,
      onUnlinked: (to) => {
        if (to !== system) kernel.send(system, [ActorNumber.node, "connect", 0, to]);
      },
      onLink: (to, port) =>
        kernel.connect(to, messagePortLink((port as unknown as VirtualPort).in(realm), { onFrame: (frame) => kernel.receive(frame) })),
      onSuccessor: () => {
        this.caller.actors.succeeded();
        this.#executor.host.succeeded();
      },
    });
    this.kernel = kernel;
    kernel.connectGateway(system, messagePortLink(options.port.in(realm), { onFrame: (frame) => kernel.receive(frame) }));
    this.caller = new Caller({
      kernel,
      clock: realm,
      buffers: sharedBuffers(kernel, account, { platform: platform as never, clock: realm, tellDrops: () => this.caller.objects.references.flush() }),
      runInline: () => {
        throw new Error("nothing runs inline in a simulation");
      },
      batches: () => true,
      print: (_stream, line) => options.print(line),
    });
    const context: SimulatedContext = {
      place,
      caller: this.caller,
      nodeId: "",
      sleep: (ms) => new Promise((resolve) => void realm.after(ms, resolve)),
      run: (name, args, taskOptions) => this.run(name, args, taskOptions),
    };
    realm.caller = this.caller;
    this.#definitions = new Definitions(kernel, { isolation: "thread", environment: undefined, job: this.#identity });
    const templates = new TemplateCache({
      table: remoteContract<FunctionsContract>(kernel, system, ActorNumber.gcs),
      materialise: async (record) => {
        const make = options.functions.get(record.name);
        if (make === undefined) throw new Error(`the simulation has no function "${record.name}"`);
        return make({ ...context, nodeId: this.#identity.nodeId });
      },
      place,
      own: { own: () => undefined },
    });
    this.#executor = new Executor(this.caller, templates, this.#identity);
    const node = toldContract<NodeContract>(kernel, system, ActorNumber.node);
    this.#events = new EventLog({ place, clock: realm, send: (names, rows, dropped) => node.ran(names, rows, dropped) });
    this.#identity.events = this.#events;
    const self: PlaceContract = { settle: () => this.#events.flush() };
    kernel.register(ActorNumber.place, serve(kernel, self));
  }

  /** Submits a call of one of the simulation's functions. */
  submit(name: string, args: readonly unknown[], options: TaskOptions = {}): Entry {
    const template = this.#definitions.taskTemplate(this.#core(name, "task", options));
    return this.caller.submitTask(template, args).entries[0] as Entry;
  }

  /** The same, for its result; within a task, that task's CPU is free meanwhile. */
  async run(name: string, args: readonly unknown[], options: TaskOptions = {}): Promise<unknown> {
    const call = currentCall();
    const result = fetchOutcome(this.submit(name, args, options), this.caller.objects);
    call?.block();
    try {
      return await result;
    } finally {
      call?.unblock();
    }
  }

  /** Submits a generator, and gives its items as they come. */
  async *stream(name: string, args: readonly unknown[], options: TaskOptions = {}): AsyncGenerator<Entry, undefined> {
    const template = this.#definitions.taskTemplate(this.#core(name, "task", { ...options, numReturns: "streaming" }));
    const stream = this.caller.submitTask(template, args).stream as ItemStream;
    for (;;) {
      const item = stream.take();
      if (item !== undefined) yield item;
      else if (stream.finished) return undefined;
      else await new Promise<void>((resolve) => void stream.onChange(resolve));
    }
  }

  /** Creates an actor of one of the simulation's classes. Its record is held until `letGo`. */
  create(name: string, args: readonly unknown[], options: ActorOptions = {}): ActorRecord {
    const template = this.#definitions.actorTemplate(this.#core(name, "actor", options));
    const encoded = encodeArguments(args, this.caller);
    if ("kind" in encoded) throw new TypeError("arguments that have failed are not simulated");
    const { form, data, needs } = encoded;
    const id = actorId(this.caller.place, this.caller.nextSequence());
    const record = this.caller.actors.create({ id, template: template.number, form, data, needs, keeps: [] }, template);
    record.hold();
    return record;
  }

  call(record: ActorRecord, method: string, args: readonly unknown[]): Promise<unknown> {
    return fetchOutcome(this.caller.submitCall(record, method, args).entries[0] as Entry, this.caller.objects);
  }

  /** Of the job that it works for, once it is up. */
  get identity(): Readonly<Pick<PlaceIdentity, "jobId" | "namespace">> {
    return this.#identity;
  }

  /** The actor of that name. Its record is held until `letGo`. */
  async find(name: string, namespace: string = this.#identity.namespace): Promise<ActorRecord> {
    const { id, meta } = await this.caller.actors.ask.lookup(name, namespace);
    const record = this.caller.actors.lookedUp(id, meta);
    record.hold();
    return record;
  }

  /** Reserves bundles together; resolves when they are. */
  async group(bundles: readonly Bundle[], strategy: PlacementStrategy): Promise<{ id: string; remove(): Promise<void> }> {
    const keeper = remoteContract<PlacementGroupsContract>(this.kernel, HEAD_PLACE, ActorNumber.placementGroups);
    const id = placementGroupId(this.caller.place, this.caller.nextSequence());
    const { jobId, namespace } = this.#identity;
    await keeper.create(id, { ...resolvePlacementGroup(bundles, { strategy }), jobId, namespace });
    await keeper.ready(id);
    return { id, remove: async () => void (await keeper.remove(id)) };
  }

  #core(name: string, kind: "task" | "actor", options: TaskOptions | ActorOptions): Core {
    const key = `${kind} ${name} ${JSON.stringify(options)}`;
    const known = this.#cores.get(key);
    if (known !== undefined) return known;
    const system = systemPlaceOf(this.kernel.place);
    const table = toldContract<FunctionsContract>(this.kernel, system, ActorNumber.gcs);
    const id = functionId(name, nodeOf(this.kernel.place));
    const jobId = currentCall()?.jobId ?? this.#identity.jobId;
    table.define({ id, name, jobId, definition: { kind: "source", name, source: "", bindings: [] } });
    const definable = { kind, name, functionId: id, run: undefined, site: undefined, captures: undefined };
    const core: Core = {
      definable: { ...definable, generator: (options as TaskOptions).numReturns === "streaming", staticMethods: undefined, generatorMethods: [] },
      options: options as Core["options"],
    };
    this.#cores.set(key, core);
    return core;
  }

  /** Tells its node that it is up. */
  async hello(): Promise<void> {
    const system = systemPlaceOf(this.kernel.place);
    const current = this.kernel.attach(system, this.#executor.runner.begun.current.buffer);
    const welcome = await remoteContract<NodeContract>(this.kernel, system, ActorNumber.node).hello(current);
    const { nodeId, jobId, namespace } = welcome;
    Object.assign(this.#identity, { nodeId, jobId, namespace });
  }
}

/** The main thread of a node without a driver: it hears what nobody else is there to hear. */
export function mainKernel(options: Pick<SimulatedPlaceOptions, "place" | "realm" | "port" | "onFault" | "print">): Kernel {
  const kernel: Kernel = new Kernel({ place: options.place, faults: faultWire, onFault: options.onFault });
  kernel.connectGateway(systemPlaceOf(options.place), messagePortLink(options.port.in(options.realm), { onFrame: (frame) => kernel.receive(frame) }));
  kernel.register(ActorNumber.caller, {
    receive: ([, op, , line]) => {
      if (op === CallerOp.print) options.print(line as string);
    },
  });
  return kernel;
}
