/** The program of a node's system worker: the control store, the schedulers and the object manager. */
import * as Comlink from "comlink";
import type { ProcessEndpoint } from "../actors/endpoint/mod.ts";
import { openStorage } from "../actors/gcs/mod.ts";
import { memorySettings, readNodeMemory } from "../actors/memory_monitor/mod.ts";
import { type HostFace, type SystemData, SystemNode, type SystemNodeOptions } from "../actors/node/mod.ts";
import { DRIVER_SLOT, placeId, SYSTEM_SLOT, systemClock } from "../runtime/kernel/mod.ts";
import { StaleMemory } from "../runtime/memory/mod.ts";
import { platform } from "../runtime/platform/mod.ts";
import { carryTravel, faultWire } from "../runtime/values/mod.ts";

const data = platform.threadData() as SystemData;
platform.endWhenAsked();
carryTravel();
const host = Comlink.wrap<HostFace>(data.controlPort as Comlink.Endpoint);
const { config } = data;
const { listen } = config;
/** What storage has to say before there is a node to say it. */
const warnings: string[] = [];
const storage =
  config.head === undefined
    ? await openStorage(config.storage, { warn: (text) => warnings.push(text), standby: config.standby === true }).catch(failed)
    : undefined;
const memory = await watchedMemory().catch(failed);
// Who has no cluster loads none of it.
const cluster = listen && (await import("../actors/endpoint/mod.ts"));
const server =
  listen &&
  (await cluster?.NodeEndpoint.open(
    {
      // Of a head that may be one of two, those who look for the head expect nothing.
      isNode: (to) => node.kernel.isAt(placeId(to, SYSTEM_SLOT)) && (storage === undefined || node.asHead().gcs.isSole),
      connected: (from, link) => node.peerConnected(from, link),
      admit: () => node.admit(),
      nodes: () => node.asHead().state.nodes(),
      ask: (question) => node.asHead().questions.ask(question),
    },
    { ...listen, clock: systemClock, log: (text) => node.warn(text) },
  ).catch(failed));
const node: SystemNode = new SystemNode({
  config,
  url: server?.url ?? "",
  dial: async ({ url, node: to }, events) => {
    if (cluster === undefined) throw new Error("this node is alone");
    return await cluster.dialNode({ url, node: config.node, to, token: listen?.token, clock: systemClock, events });
  },
  onEnd: (reason) => void host.end(reason),
  clock: systemClock,
  account: data.account,
  storage,
  memory,
  stale: StaleMemory.of(platform, systemClock),
  channel: () => {
    const { port1, port2 } = new MessageChannel();
    return [port1, port2];
  },
  host: {
    async spawn(kind, place, environment) {
      if (kind === "process") {
        endpoint ??= openEndpoint();
        return await host.spawnProcess(place, environment, (await endpoint).admit(place));
      }
      const { port1, port2 } = new MessageChannel();
      node.link(place, port1);
      return await host.spawnThread(place, environment, Comlink.transfer(port2, [port2]));
    },
    stop: (place, force) => host.stop(place, force),
    close: async () => {
      await (await endpoint)?.close();
      await server?.close();
    },
  },
});

/** How this node's memory is watched. */
async function watchedMemory(): Promise<NonNullable<SystemNodeOptions["memory"]>> {
  const settings = memorySettings((name) => platform.env(name));
  return { settings, read: (pids) => readNodeMemory(platform, settings, pids) };
}

/** Tells the main thread why this node can't start, and waits to be ended. */
async function failed(error: unknown): Promise<never> {
  await host.failed(faultWire.toWire(error) as Uint8Array);
  return await new Promise<never>(() => {});
}

/** Opened for the first child process: most nodes have none, and then no port either. */
let endpoint: Promise<ProcessEndpoint> | undefined;
async function openEndpoint(): Promise<ProcessEndpoint> {
  const { ProcessEndpoint } = await import("../actors/endpoint/mod.ts");
  return await ProcessEndpoint.open(node, {
    clock: systemClock,
    attachmentBytes: config.resources["object_store_memory"] ?? Number.MAX_SAFE_INTEGER,
    log: (text) => node.warn(text),
  });
}

node.link(placeId(config.node, DRIVER_SLOT), data.driverPort);
for (const text of warnings) node.warn(text);
for (const { place, port, environment } of data.workers) {
  node.expectWorker(place, { kind: "thread", environment });
  node.link(place, port);
}
