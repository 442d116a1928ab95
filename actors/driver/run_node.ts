import { rmSync } from "node:fs";
import { CallerOp, endsAsAsked } from "../../runtime/contracts/mod.ts";
import { MobulaError } from "../../runtime/errors/mod.ts";
import { ActorNumber, DRIVER_SLOT, HEAD_NODE, HEAD_NUMBERS, Kernel, type NodeNumber, placeId, systemClock } from "../../runtime/kernel/mod.ts";
import { Accounting } from "../../runtime/memory/mod.ts";
import { environmentKey, type InitOptions, resolveInitOptions } from "../../runtime/options/mod.ts";
import { FaultReport } from "../../runtime/place/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { faultWire } from "../../runtime/values/mod.ts";
import type { ListenOptions, NodeConfig } from "../node/mod.ts";
import { authorityOf, hostForOthers } from "../protocol/mod.ts";
import { readToken } from "../sessions/mod.ts";
import { joinCluster } from "./join_cluster.ts";
import { NodeHost } from "./node_host.ts";
import { gpuIds, nodeResources, storeCapacity } from "./node_resources.ts";
import { hostToward } from "./own_address.ts";
import { assertAsSecret } from "./own_tls.ts";
import { programs } from "./programs.ts";
import { randomHex } from "./random_hex.ts";
import { makeSpillDirectory } from "./spill_directory.ts";

/** A node of a cluster that has no driver: a head, or one that joins a head. */
export interface NodeOptions
  extends Pick<InitOptions, "numCpus" | "numGpus" | "resources" | "labels" | "objectStoreMemory" | "spillDirectory" | "isolation" | "storage"> {
  /** The head to join, with those that may take over after commas; without it this node is a head. */
  readonly address?: string;
  /** Where to listen. Default for a head: 127.0.0.1; for others the address by which they reach the head. */
  readonly host?: string;
  /** Default 0: any that is free. */
  readonly port?: number;
  readonly token?: string;
  /** The file that the token is in, instead. */
  readonly tokenFile?: string;
  /** What people call it. */
  readonly name?: string;
  readonly tls?: ListenOptions["tls"];
  /** Of a head: its tables go when it ends as it was asked to, and its nodes end with it; else they are there for the next. */
  readonly tablesEnd?: boolean;
  /** A head that waits until the one that has the storage is gone. Needs a port, and storage that several machines reach. */
  readonly standby?: boolean;
}

/** A node that is up. */
export interface RunningNode extends AsyncDisposable {
  readonly nodeId: string;
  /** Where it listens: `ws://host:port` or `wss://host:port`. */
  readonly url: string;
  /** Resolves with the reason when the cluster has ended the node, or its system worker is gone. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/** The files of a SQLite store. */
function removeTables(storage = ""): void {
  const path = storage.replace(/^sqlite:/, "");
  if (path === storage) return;
  for (const ending of ["", "-wal", "-shm", "-mark"]) rmSync(`${path}${ending}`, { force: true });
}

/** @throws RangeError */
function assertCanStandBy({ address, port, storage = "memory" }: NodeOptions): void {
  if (address !== undefined) throw new RangeError("standby is for a head: a node that joins one has nothing to take over");
  if (!/^rediss?:/.test(storage))
    throw new RangeError(`standby needs storage that several machines reach, "redis://HOST", not ${JSON.stringify(storage)}`);
  if (port === undefined || port === 0) throw new RangeError("standby needs a port: nodes have to know where they will find it");
}

/**
 * A head whose tables outlive it is known by a number of its own: what others hold of an earlier head's places, and what
 * that one may still say, is never taken for this one's.
 */
function headNumber(storage: string | undefined): NodeNumber {
  if (storage === undefined || storage === "memory") return HEAD_NODE;
  const { from, to } = HEAD_NUMBERS;
  return from + (Number.parseInt(randomHex(6), 16) % (to - from));
}

/**
 * Starts a node without a driver in this process. Resolves once it is up and, unless it is a head, has joined.
 *
 * @throws ClusterUnavailableError, AuthenticationError, ProtocolError when the head can't be joined
 */
export async function runNode(options: NodeOptions): Promise<RunningNode> {
  const { address, host, port, token: _token, tokenFile, name, tls, standby, tablesEnd, ...init } = options;
  if (standby === true) assertCanStandBy(options);
  if (options.storage !== undefined) (await import("../gcs/mod.ts")).parseStorage(options.storage);
  const resolved = resolveInitOptions(init);
  const hardware = platform.hardware();
  const nodeId = randomHex(16);
  const resources = nodeResources(resolved, hardware);
  const token = options.token ?? (tokenFile === undefined ? undefined : readToken(tokenFile, address));
  const joined = address === undefined ? undefined : await joinCluster(address, token);
  const listenHost = host ?? (joined === undefined ? "127.0.0.1" : await hostToward(joined.url));
  if (joined !== undefined) assertAsSecret(joined.url, { host: listenHost, tls });
  const config: NodeConfig = {
    node: joined?.node ?? headNumber(options.storage),
    nodeId,
    name,
    heads: joined?.heads,
    standby,
    nodesEnd: tablesEnd,
    head: joined && { node: HEAD_NODE, nodeId: joined.headNodeId, url: joined.url },
    listen: { host: listenHost, port: port ?? 0, token, tls },
    takesWork: true,
    hasDriver: false,
    jobId: "",
    namespace: "",
    resources,
    gpuIds: gpuIds(resources["GPU"]),
    labels: { "mobula.io/node-id": nodeId, ...resolved.labels },
    isolation: resolved.isolation,
    storage: options.storage ?? "memory",
    spillDirectory: makeSpillDirectory(resolved.spillDirectory),
    logToDriver: true,
    workerLimit: Math.max(8, 4 * Math.ceil(resolved.numCpus ?? hardware.cpus)),
    environment: environmentKey(undefined),
    pid: platform.pid,
    runtime: platform.name,
  };
  const kernel = new Kernel({
    place: placeId(config.node, DRIVER_SLOT),
    faults: faultWire,
    onFault: new FaultReport(systemClock, (text) => platform.print("stderr", text)).tell,
  });
  // What no driver is there to hear.
  kernel.register(ActorNumber.caller, {
    receive: ([, op, stream, line]) => {
      if (op === CallerOp.print) platform.print(stream as "stdout" | "stderr", line as string);
    },
  });
  const ended = Promise.withResolvers<string>();
  const failed = Promise.withResolvers<never>();
  const node = new NodeHost(config, {
    kernel,
    onFrame: (frame) => kernel.receive(frame),
    account: Accounting.create(storeCapacity(resolved, hardware)).shared,
    modules: programs,
    onFailed: failed.reject,
    onSystemExit: ({ error, code }) => ended.resolve(`its system worker ended: ${error instanceof Error ? error.message : `exit code ${code}`}`),
    onEnd: (reason) => ended.resolve(reason),
  });
  const release = platform.keepAlive();
  let hasFailed = false;
  void ended.promise.then((reason) => (hasFailed = !endsAsAsked(reason)));
  const end = async (): Promise<void> => {
    await node.close();
    kernel.close(new MobulaError({ message: "The node has ended." }));
    release();
  };
  const close = async (): Promise<void> => {
    // What a head had that failed is there for the next.
    const isDone = tablesEnd === true && !hasFailed;
    await end();
    if (isDone) removeTables(options.storage);
  };
  const early = ended.promise.then((reason) => Promise.reject(new MobulaError({ message: `The node did not come up: ${reason}` })));
  early.catch(() => {});
  try {
    const up = Promise.race([node.hello(), early, failed.promise]);
    if (standby === true) {
      up.catch((error: Error) => ended.resolve(error.message));
      const url = `${tls === undefined ? "ws" : "wss"}://${authorityOf(hostForOthers(listenHost), port as number)}`;
      return { nodeId, url, ended: ended.promise, close, [Symbol.asyncDispose]: close };
    }
    const { url } = await up;
    return { nodeId, url, ended: ended.promise, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    // Nor is what a head before has left the affair of one that never was.
    await end();
    throw error;
  }
}
