/** The program of a node's system worker: the control store, the schedulers and the object manager. */
import * as Comlink from "comlink";
import { openStorage } from "../actors/gcs/mod.ts";
import { type HostFace, type SystemData, SystemNode } from "../actors/node/mod.ts";
import { DRIVER_SLOT, placeId, systemClock } from "../runtime/kernel/mod.ts";
import { platform } from "../runtime/platform/mod.ts";

const data = platform.threadData() as SystemData;
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
        const { ProcessEndpoint } = await import("../actors/endpoint/mod.ts");
        endpoint ??= ProcessEndpoint.open(node);
        return await host.spawnProcess(place, environment, await (await endpoint).admit(place));
      }
      const { port1, port2 } = new MessageChannel();
      node.link(place, port1);
      return await host.spawnThread(place, Comlink.transfer(port2, [port2]));
    },
    stop: (place, force) => host.stop(place, force),
  },
});
let endpoint: Promise<{ admit(place: number): Promise<{ url: string; token: string }> }> | undefined;
node.link(placeId(data.config.node, DRIVER_SLOT), data.driverPort);
for (const { place, port } of data.workers) {
  node.expectWorker(place, "thread");
  node.link(place, port);
}
