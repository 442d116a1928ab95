import { messagePortLink } from "../../net/mod.ts";
import { AlreadyInitializedError, ClusterUnavailableError, MobulaError } from "../../runtime/errors/mod.ts";
import { DRIVER_SLOT, HEAD_NODE, placeId, systemClock } from "../../runtime/kernel/mod.ts";
import { Accounting } from "../../runtime/memory/mod.ts";
import { checkInitOptions, environmentKey, type InitOptions, parseAddress, resolveEnv, resolveInitOptions } from "../../runtime/options/mod.ts";
import { openPlace, sharedBuffers } from "../../runtime/place/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { closeSession, currentSession, neverInShadow, openSession, type Session, setStarter } from "../../runtime/session/mod.ts";
import type { PlaceIdentity } from "../../runtime/worker/mod.ts";
import type { NodeConfig } from "../node/mod.ts";
import { findCluster } from "../sessions/mod.ts";
import { type ClusterPlace, placeAtOnce, placeIn } from "./cluster_place.ts";
import { Inbox } from "./inbox.ts";
import { KeepAlive } from "./keep_alive.ts";
import { NodeHost } from "./node_host.ts";
import { gpuIds, nodeResources, storeCapacity } from "./node_resources.ts";
import { assertAsSecret, tlsOfEnvironment } from "./own_tls.ts";
import { programs } from "./programs.ts";
import { randomHex } from "./random_hex.ts";
import { makeSpillDirectory } from "./spill_directory.ts";
import { Unobserved } from "./unobserved.ts";

/** What `init` returns: where the driver is connected. Disposing of it is `shutdown()`. */
export interface Context extends AsyncDisposable {
  readonly nodeId: string;
  readonly jobId: string;
  readonly namespace: string;
  /** `"local"` for a node in this process that is alone, else where the head of the cluster is. */
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

// The first call of Mobula in a thread where nothing runs starts a node, as with Ray, or connects to the cluster that the
// environment names.
setStarter(() => {
  const address = environmentAddress();
  if (address === undefined || address.kind === "local") return start({}).session;
  const { url, token } = findCluster(address, undefined);
  return start({}, placeAtOnce(url, { token, program: programs.join })).session;
});

/**
 * Starts a node in this process and connects to it. Resolves when its control store is up; workers go on
 * starting meanwhile. With `address` (or MOBULA_ADDRESS) it connects to that cluster instead: as a node without CPUs,
 * that submits and gets, and on which nothing of others runs.
 *
 * @throws ClusterUnavailableError, AuthenticationError, ProtocolError when the cluster can't be joined
 * @throws AlreadyInitializedError when a node is running, unless `ignoreReinitError`
 * @throws TypeError or RangeError naming a wrong option
 */
export async function init(options: InitOptions = {}): Promise<Context> {
  const shadow = neverInShadow();
  if (shadow !== undefined) return await shadow;
  checkInitOptions(options);
  // Loaded on demand: most nodes keep nothing, and this thread has no need of the control store.
  if (options.storage !== undefined) (await import("../gcs/mod.ts")).parseStorage(options.storage);
  await closing;
  if (running !== undefined || currentSession() !== undefined) {
    if (options.ignoreReinitError !== true) throw new AlreadyInitializedError({ address: "local" });
    if (running !== undefined) return await running.context;
    return contextOf((currentSession() as Session).identity);
  }
  const { address = environmentAddress() } = resolveInitOptions(options);
  if (address === undefined || address.kind === "local") return await start(options).context;
  const { url, token } = findCluster(address, options.token);
  joining ??= placeIn(url, token).finally(() => {
    joining = undefined;
  });
  const place = await joining;
  // Another call may have been first.
  return await (running ?? start(options, place)).context;
}

let joining: Promise<ClusterPlace> | undefined;

function environmentAddress(): ReturnType<typeof resolveInitOptions>["address"] {
  const text = platform.env("MOBULA_ADDRESS");
  if (!text) return undefined;
  const address = parseAddress(text);
  if (address === undefined) throw new RangeError(`MOBULA_ADDRESS is "${text}"; it must be "auto", "local", "host:port", "ws://…" or "wss://…"`);
  return address;
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

function start(options: InitOptions, cluster?: ClusterPlace): Running {
  const resolved = resolveInitOptions(options);
  const runtimeEnv = resolveEnv(resolved.runtimeEnv);
  const hardware = platform.hardware();
  const nodeId = randomHex(16);
  const own = nodeResources(resolved, hardware);
  const resources = cluster === undefined ? own : { object_store_memory: own["object_store_memory"] ?? 0 };
  const config: NodeConfig = {
    ...(cluster === undefined ? ALONE : memberOf(cluster)),
    nodeId,
    hasDriver: true,
    jobId: randomHex(4),
    namespace: resolved.namespace ?? randomHex(8),
    resources,
    labels: { "mobula.io/node-id": nodeId, ...resolved.labels },
    gpuIds: gpuIds(resources["GPU"]),
    isolation: resolved.isolation,
    storage: storageText(options.storage),
    spillDirectory: makeSpillDirectory(resolved.spillDirectory),
    logToDriver: resolved.logToDriver,
    workerLimit: Math.max(8, 4 * Math.ceil(resources["CPU"] ?? 1)),
    environment: environmentKey(runtimeEnv),
    pid: platform.pid,
    runtime: platform.name,
  };
  const account = Accounting.create(storeCapacity(resolved, hardware));
  const identity: PlaceIdentity = {
    nodeId,
    jobId: config.jobId,
    namespace: config.namespace,
    nodeLabels: config.labels,
    runtimeEnv,
  };
  const unobserved = new Unobserved();
  const place = openPlace({
    place: placeId(config.node, DRIVER_SLOT),
    clock: systemClock,
    identity,
    isolation: config.isolation,
    buffers: (kernel, tellDrops) => sharedBuffers(kernel, account.shared, { platform, clock: systemClock, tellDrops }),
    print: (stream, line) => platform.print(stream, line),
    onLink: (to, port, kernel) => kernel.connect(to, messagePortLink(port, { onFrame: inbox.onFrame })),
    onUnobserved: (fault, name) => unobserved.add(fault.data as Uint8Array, name),
  });
  const inbox = new Inbox(systemClock, (frame) => place.kernel.receive(frame));
  const keepAlive = new KeepAlive(() => platform.keepAlive(), systemClock);
  const session: Session = { ...place, identity, isolation: config.isolation, keepAlive: () => keepAlive.hold() };
  const failed = Promise.withResolvers<never>();
  const host = new NodeHost(config, {
    kernel: place.kernel,
    onFrame: inbox.onFrame,
    onEnd: (reason) => {
      const address = cluster === undefined ? {} : { address: cluster.joined.url };
      place.caller.close(new ClusterUnavailableError({ ...address, reason }));
      void shutdown();
    },
    account: account.shared,
    modules: programs,
    onFailed: (error) => {
      failed.reject(error);
      place.caller.close(error);
      void shutdown();
    },
    onSystemExit: (exit) => {
      const reason = exit.error instanceof Error ? exit.error.message : `exit code ${exit.code}`;
      place.caller.close(new MobulaError({ message: `The node's system worker has ended unexpectedly: ${reason}` }));
      void shutdown();
    },
  });
  openSession(session);
  const release = keepAlive.hold();
  const context = Promise.race([host.hello(), failed.promise])
    .then(() => contextOf(identity, cluster?.joined.url))
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

const ALONE = { node: HEAD_NODE, head: undefined, listen: undefined, takesWork: true } as const;

function memberOf({ joined, host }: ClusterPlace): Pick<NodeConfig, "node" | "head" | "heads" | "listen" | "takesWork"> {
  const { node, url, heads, headNodeId, token } = joined;
  const tls = tlsOfEnvironment();
  assertAsSecret(url, { host, tls });
  return { node, head: { node: HEAD_NODE, nodeId: headNodeId, url }, heads, listen: { host, port: 0, token, tls }, takesWork: false };
}

function contextOf(identity: PlaceIdentity, address = "local"): Context {
  return {
    nodeId: identity.nodeId,
    jobId: identity.jobId,
    namespace: identity.namespace,
    address,
    [Symbol.asyncDispose]: shutdown,
  };
}

function storageText(storage: string | undefined): string {
  return storage ?? "memory";
}
