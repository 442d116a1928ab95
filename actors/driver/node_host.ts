import { rmSync } from "node:fs";
import * as Comlink from "comlink";
import { type Frame, messagePortLink } from "../../net/mod.ts";
import type { NodeContract, Welcome } from "../../runtime/contracts/mod.ts";
import {
  ActorNumber,
  DRIVER_SLOT,
  FIRST_WORKER_SLOT,
  type Kernel,
  type PlaceId,
  placeId,
  type Remote,
  remoteContract,
  SYSTEM_SLOT,
  systemClock,
  type Told,
  toldContract,
} from "../../runtime/kernel/mod.ts";
import { environmentOf, needsProcess } from "../../runtime/options/mod.ts";
import { type Exit, platform, type Thread } from "../../runtime/platform/mod.ts";
import { encodeWhole, faultWire } from "../../runtime/values/mod.ts";
import type { HostFace, NodeConfig, NodeModules, SystemData, WorkerData } from "../node/mod.ts";
import { ProcessHosts } from "./process_hosts.ts";

/** How long a worker may take to end by itself before it is ended. */
const STOP_GRACE_MS = 1_000;
/** Workers that are started with the node; more come when they are needed. */
const PRESTART_AT_MOST = 4;

/**
 * The main thread's part of a node: it starts and ends the threads and child processes, for they are best
 * started there, and links the driver's place to the system worker.
 */
export class NodeHost {
  readonly #config: NodeConfig;
  readonly #modules: NodeModules;
  readonly #account: SharedArrayBuffer;
  readonly #threads: Map<PlaceId, Thread> = new Map();
  readonly #processes: ProcessHosts;
  readonly #node: Remote<NodeContract>;
  readonly #told: Told<NodeContract>;
  readonly #systemThread: Thread;
  readonly #takeBackExit: () => void;
  readonly #kernel: Kernel;
  readonly #links: { close(): void }[] = [];
  /** Starts of workers for which no core is free while the node starts: they would only delay the first. */
  readonly #later: (() => void)[] = [];
  #closing = false;
  /** Whether there is no system worker any more, or never was. */
  #down = false;

  constructor(
    config: NodeConfig,
    options: {
      kernel: Kernel;
      onFrame(frame: Frame): void;
      account: SharedArrayBuffer;
      modules: NodeModules;
      /** The system worker can't start. */
      onFailed(error: unknown): void;
      onSystemExit(exit: Exit): void;
      /** The cluster has ended this node. */
      onEnd(reason: string): void;
    },
  ) {
    const { kernel, account, modules } = options;
    this.#config = config;
    this.#modules = modules;
    this.#account = account;
    this.#kernel = kernel;
    const system = placeId(config.node, SYSTEM_SLOT);
    this.#node = remoteContract<NodeContract>(kernel, system, ActorNumber.node);
    this.#told = toldContract<NodeContract>(kernel, system, ActorNumber.node);
    this.#processes = new ProcessHosts(modules.process, {
      common: { isolation: config.isolation, storeBytes: config.resources["object_store_memory"] ?? 0 },
      onExit: (at, exit) => this.#exited(at, exit),
      onOutput: (at, stream, lines) =>
        this.#told.output(
          at,
          stream,
          lines.map(({ label, line }) => [label, line] as const),
        ),
    });
    const driver = new MessageChannel();
    const link = messagePortLink(driver.port1, { onFrame: options.onFrame });
    kernel.connectGateway(system, link);
    this.#links.push(link);
    const control = new MessageChannel();
    const face: HostFace = {
      spawnThread: (at, environment, port) => this.#spawnThread(at, environment, port),
      spawnProcess: (at, environment, join) => this.#processes.spawn(at, environment, join),
      stop: (at, force) => this.#stop(at, force),
      failed: (error) => {
        this.#down = true;
        options.onFailed(faultWire.fromWire(error));
      },
      end: (reason) => options.onEnd(reason),
    };
    Comlink.expose(face, control.port1 as Comlink.Endpoint);
    unref(control.port1);
    this.#links.push({ close: () => control.port1.close() });
    const workers = this.#prestart();
    const data: SystemData = {
      config,
      account,
      driverPort: driver.port2,
      controlPort: control.port2,
      workers,
      modules,
    };
    this.#systemThread = platform.spawnThread(modules.system, {
      name: "mobula-system",
      data,
      transfer: [driver.port2, control.port2, ...workers.map(({ port }) => port)],
      onExit: (exit) => {
        this.#down = true;
        if (!this.#closing) options.onSystemExit(exit);
      },
    });
    // A process that ends without shutdown still leaves no files and no children.
    this.#takeBackExit = platform.onProcessExit(() => this.#sweep());
  }

  get node(): Remote<NodeContract> {
    return this.#node;
  }

  /** Resolves once the system actors are up. */
  async hello(): Promise<Welcome> {
    const welcome = await this.#node.hello();
    for (const spawn of this.#later.splice(0)) if (!this.#closing) spawn();
    return welcome as Welcome;
  }

  /** Ends everything that this node started. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    if (!this.#down) await Promise.race([this.#node.shutdown().catch(() => {}), delay(STOP_GRACE_MS * 3)]);
    await this.#processes.stopAll(STOP_GRACE_MS);
    await Promise.all([...this.#threads.values(), this.#systemThread].map((thread) => Promise.race([endThread(thread), delay(STOP_GRACE_MS)])));
    for (const link of this.#links) link.close();
    this.#takeBackExit();
    this.#sweep();
  }

  #prestart(): SystemData["workers"] {
    const count = Math.min(PRESTART_AT_MOST, Math.floor(this.#config.resources["CPU"] ?? 0));
    const workers: SystemData["workers"] = [];
    const atOnce = Math.max(1, platform.hardware().cpus - 1);
    const { environment, isolation } = this.#config;
    for (let i = 0; i < count && isolation === "thread" && !needsProcess(environmentOf(environment)); i++) {
      const place = placeId(this.#config.node, FIRST_WORKER_SLOT + i);
      const { port1, port2 } = new MessageChannel();
      workers.push({ place, port: port1, environment });
      const spawn = (): void => void this.#spawnThread(place, environment, port2);
      if (i < atOnce) spawn();
      else this.#later.push(spawn);
    }
    return workers;
  }

  async #spawnThread(place: PlaceId, environment: string, port: MessagePort): Promise<number> {
    const data: WorkerData = { place, account: this.#account, port, isolation: this.#config.isolation, environment };
    const envVars = environmentOf(environment)?.envVars;
    const thread = platform.spawnThread(this.#modules.worker, {
      name: `mobula-worker-${place - placeId(this.#config.node, SYSTEM_SLOT)}`,
      data,
      ...(envVars === undefined ? {} : { env: envVars }),
      transfer: [port],
      onExit: (exit) => this.#exited(place, exit),
    });
    this.#threads.set(place, thread);
    return platform.pid;
  }

  async #stop(place: PlaceId, force: boolean): Promise<boolean> {
    const thread = this.#threads.get(place);
    if (thread === undefined) {
      await this.#processes.stop(place, force ? 0 : STOP_GRACE_MS);
      return true;
    }
    // It is known until it has ended: it may be asked for again.
    return await Promise.race([thread.terminate(), delay(STOP_GRACE_MS).then(() => false)]);
  }

  #exited(place: PlaceId, exit: Exit): void {
    this.#threads.delete(place);
    if (this.#closing) return;
    const error = exit.error === undefined ? undefined : encodeWhole(exit.error);
    this.#told.exited(place, { code: exit.code, signal: exit.signal, error, outOfMemory: exit.outOfMemory });
    this.#kernel.flush();
  }

  #sweep(): void {
    this.#processes.killAll();
    rmSync(this.#config.spillDirectory, { recursive: true, force: true });
  }
}

export function driverPlace(config: Pick<NodeConfig, "node">): PlaceId {
  return placeId(config.node, DRIVER_SLOT);
}

async function endThread(thread: Thread): Promise<void> {
  if (!(await thread.terminate())) await thread.terminate();
}

function unref(port: MessagePort): void {
  (port as MessagePort & { unref?(): void }).unref?.();
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => void systemClock.after(ms, resolve));
}
