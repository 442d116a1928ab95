/** The program of a worker thread: it runs tasks and hosts actors. */
import type { WorkerData } from "../actors/node/mod.ts";
import { startWorkerPlace } from "../actors/worker_place/mod.ts";
import { messagePortLink } from "../net/mod.ts";
import { systemPlaceOf } from "../runtime/kernel/mod.ts";
import { platform } from "../runtime/platform/mod.ts";
import { publicModules } from "./modules.ts";

const data = platform.threadData() as WorkerData;
await startWorkerPlace({
  place: data.place,
  account: data.account,
  isolation: data.isolation,
  modules: publicModules,
  link({ kernel }) {
    const link = messagePortLink(data.port, { onFrame: (frame) => kernel.receive(frame) });
    link.keepAlive(true);
    kernel.connectGateway(systemPlaceOf(data.place), link);
  },
});
