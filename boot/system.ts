/** The program of a node's system worker: the control store, the schedulers and the object manager. */
import * as Comlink from "comlink";
import type { ProcessEndpoint } from "../actors/endpoint/mod.ts";
import { openStorage } from "../actors/gcs/mod.ts";
import { type HostFace, type SystemData, SystemNode } from "../actors/node/mod.ts";
import { DRIVER_SLOT, placeId, systemClock } from "../runtime/kernel/mod.ts";
import { platform } from "../runtime/platform/mod.ts";

const data = platform.threadData() as SystemData;
platform.endWhenAsked();
const host = Comlink.wrap<HostFace>(data.controlPort as Comlink.Endpoint);
const node: SystemNode = new SystemNode({
  config: data.config,
  clock: systemClock,
  account: data.account,
  storage: await openStorage(data.config.storage),
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
      return await host.spawnThread(place, Comlink.transfer(port2, [port2]));
    },
    stop: (place, force) => host.stop(place, force),
    close: async () => (await endpoint)?.close(),
  },
});

/** Opened for the first child process: most nodes have none, and then no port either. */
let endpoint: Promise<ProcessEndpoint> | undefined;
async function openEndpoint(): Promise<ProcessEndpoint> {
  const { ProcessEndpoint } = await import("../actors/endpoint/mod.ts");
  return await ProcessEndpoint.open(node, {
    clock: systemClock,
    attachmentBytes: data.config.resources["object_store_memory"] ?? Number.MAX_SAFE_INTEGER,
  });
}

node.link(placeId(data.config.node, DRIVER_SLOT), data.driverPort);
for (const { place, port } of data.workers) {
  node.expectWorker(place, "thread");
  node.link(place, port);
}
