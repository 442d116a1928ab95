import { messagePortLink } from "../../net/mod.ts";
import { AlreadyInitializedError, isMobulaError, MobulaError, TaskCancelledError } from "../../runtime/errors/mod.ts";
import { DRIVER_SLOT, placeId, systemClock } from "../../runtime/kernel/mod.ts";
import { Accounting } from "../../runtime/memory/mod.ts";
import { checkInitOptions, type InitOptions, resolveInitOptions } from "../../runtime/options/mod.ts";
import { openPlace, sharedBuffers } from "../../runtime/place/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { closeSession, currentSession, neverInShadow, openSession, type Session, setStarter } from "../../runtime/session/mod.ts";
import { decodeValue } from "../../runtime/values/mod.ts";
import type { PlaceIdentity } from "../../runtime/worker/mod.ts";
import type { NodeConfig } from "../node/mod.ts";
import { Inbox } from "./inbox.ts";
import { KeepAlive } from "./keep_alive.ts";
import { makeSpillDirectory, NodeHost } from "./node_host.ts";
import { nodeResources, storeCapacity } from "./node_resources.ts";
import { programs } from "./programs.ts";

/** What `init` returns: where the driver is connected. Disposing of it is `shutdown()`. */
export interface Context extends AsyncDisposable {
  readonly nodeId: string;
  readonly jobId: string;
  readonly namespace: string;
  /** `"local"` for a node in this process. */
  readonly address: string;
}

interface Running {
  readonly host: NodeHost;
  readonly session: Session;
  readonly context: Promise<Context>;
  readonly account: Accounting;
  readonly unobserved: Unobserved;
  readonly takeBack: (() => void)[];
}

let running: Running | undefined;
let closing: Promise<void> | undefined;

// The first call of Mobula in a thread where nothing runs starts a node, as with Ray.
setStarter(() => start({}).session);

/**
 * Starts a node in this process and connects to it. Resolves when its control store is up; workers go on
 * starting meanwhile.
 *
 * @throws AlreadyInitializedError when a node is running, unless `ignoreReinitError`
 * @throws TypeError or RangeError naming a wrong option
 */
export async function init(options: InitOptions = {}): Promise<Context> {
  const shadow = neverInShadow();
  if (shadow !== undefined) return await shadow;
  checkInitOptions(options);
  await closing;
  if (running !== undefined || currentSession() !== undefined) {
    if (options.ignoreReinitError !== true) throw new AlreadyInitializedError({ address: "local" });
    if (running !== undefined) return await running.context;
    return contextOf((currentSession() as Session).identity);
  }
  return await start(options).context;
}

/** Stops what `init` started: every worker, port, timer and temporary file. Does nothing when nothing runs. */
export async function shutdown(): Promise<void> {
  await closing;
  const stopped = running;
  if (stopped === undefined) return;
  running = undefined;
  closing = stop(stopped).finally(() => {
    closing = undefined;
  });
  await closing;
}

/** The node of this process, where one runs. */
export function currentHost(): NodeHost | undefined {
  return running?.host;
}

function start(options: InitOptions): Running {
  const resolved = resolveInitOptions(options);
  if (resolved.address !== undefined && resolved.address.kind !== "local") {
    throw new RangeError('init(): option "address" names a cluster, and this release runs on one machine; leave it out, or pass "local"');
  }
  const hardware = platform.hardware();
  const nodeId = randomHex(16);
  const resources = nodeResources(resolved, hardware);
  const config: NodeConfig = {
    node: 1,
    nodeId,
    jobId: randomHex(4),
    namespace: resolved.namespace ?? randomHex(8),
    resources,
    labels: { "mobula.io/node-id": nodeId, ...resolved.labels },
    isolation: resolved.isolation,
    storage: storageText(options.storage),
    spillDirectory: makeSpillDirectory(resolved.spillDirectory),
    logToDriver: resolved.logToDriver,
    workerLimit: Math.max(8, 4 * Math.ceil(resources["CPU"] ?? 1)),
    pid: platform.pid,
    runtime: platform.name,
  };
  const account = Accounting.create(storeCapacity(resolved, hardware));
  const identity: PlaceIdentity = {
    nodeId,
    jobId: config.jobId,
    namespace: config.namespace,
    nodeLabels: config.labels,
  };
  const unobserved = new Unobserved();
  const place = openPlace({
    place: placeId(config.node, DRIVER_SLOT),
    clock: systemClock,
    identity,
    isolation: config.isolation,
    buffers: (kernel, tellDrops) => sharedBuffers(kernel, account.shared, { platform, tellDrops }),
    print: (stream, line) => platform.print(stream, line),
    onLink: (to, port, kernel) => kernel.connect(to, messagePortLink(port, { onFrame: inbox.onFrame })),
    onUnobserved: (fault, name) => unobserved.add(fault.data as Uint8Array, name),
  });
  const inbox = new Inbox(systemClock, (frame) => place.kernel.receive(frame));
  const keepAlive = new KeepAlive(() => platform.keepAlive(), systemClock);
  const session: Session = { ...place, identity, isolation: config.isolation, keepAlive: () => keepAlive.hold() };
  const host = new NodeHost(config, {
    place,
    onFrame: inbox.onFrame,
    account: account.shared,
    modules: programs,
    onSystemExit: (exit) => {
      const reason = exit.error instanceof Error ? exit.error.message : `exit code ${exit.code}`;
      place.caller.close(new MobulaError({ message: `The node's system worker has ended unexpectedly: ${reason}` }));
      void shutdown();
    },
  });
  openSession(session);
  const release = keepAlive.hold();
  const context = host
    .hello()
    .then(() => contextOf(identity))
    .finally(release);
  context.catch(() => {});
  const takeBack = [
    platform.onInterrupt(shutdown),
    // The script has ended without shutdown(): the node ends as if it had called it.
    platform.onLastTurn(() => void shutdown()),
    platform.onProcessExit(() => {
      place.caller.outcomes.reportUnobserved();
      unobserved.lost += place.caller.pendingCount;
      unobserved.report();
    }),
  ];
  running = { host, session, context, account, unobserved, takeBack };
  return running;
}

async function stop({ host, session, unobserved, takeBack }: Running): Promise<void> {
  const held = platform.keepAlive();
  try {
    await host.close();
    session.caller.outcomes.reportUnobserved();
    unobserved.closing = true;
    const ended = new MobulaError({
      message: "The node was shut down before the result was there: await results before shutdown().",
    });
    session.caller.close(ended);
    unobserved.report();
    session.caller.kernel.close(ended);
  } finally {
    for (const undo of takeBack) undo();
    if (currentSession() === session) closeSession();
    held();
  }
}

function contextOf(identity: PlaceIdentity): Context {
  return {
    nodeId: identity.nodeId,
    jobId: identity.jobId,
    namespace: identity.namespace,
    address: "local",
    [Symbol.asyncDispose]: shutdown,
  };
}

function storageText(storage: string | undefined): string {
  return storage ?? "memory";
}

function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Failures that no `get` or `wait` has looked at: said once, at the end, so that they are not lost. */
class Unobserved {
  /** Calls that had not ended at the node's end, and that nobody waited for. */
  lost = 0;
  /** The node ends: what fails now, fails of that. */
  closing = false;
  #first: { error: unknown; name: string } | undefined;
  #count = 0;

  add(fault: Uint8Array, name: string): void {
    if (this.closing) {
      this.lost++;
      return;
    }
    let error: unknown;
    try {
      error = decodeValue(fault);
    } catch {
      // What cannot be read cannot be told.
      return;
    }
    // Whoever cancels a call knows of it.
    if (error instanceof TaskCancelledError && error.reason !== "timeout") return;
    this.#count++;
    this.#first ??= { error, name };
  }

  report(): void {
    if (this.lost > 0) {
      platform.print(
        "stderr",
        `mobula: ${this.lost} submitted call${this.lost === 1 ? " was" : "s were"} still running at exit and lost; await the results with get(ref) before the script ends`,
      );
    }
    if (this.#first === undefined) return;
    const { error, name } = this.#first;
    const more = this.#count > 1 ? ` (and ${this.#count - 1} more)` : "";
    const text = isMobulaError(error) || error instanceof Error ? (error.stack ?? error.message) : String(error);
    platform.print("stderr", `mobula: ${name} failed and its result was never fetched with get(ref)${more}:\n${text}`);
    this.#first = undefined;
  }
}
