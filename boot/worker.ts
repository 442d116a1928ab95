/** The program of a worker thread: it runs tasks and hosts actors. */
import type { WorkerData } from "../actors/node/mod.ts";
import { startWorkerPlace } from "../actors/worker_place/mod.ts";
import { messagePortLink } from "../net/mod.ts";
import { systemClock, systemPlaceOf } from "../runtime/kernel/mod.ts";
import { environmentOf } from "../runtime/options/mod.ts";
import { sharedBuffers } from "../runtime/place/mod.ts";
import { platform } from "../runtime/platform/mod.ts";

const data = platform.threadData() as WorkerData;
platform.endWhenAsked();
if (environmentOf(data.environment)?.envVars !== undefined) platform.ownEnv();
await startWorkerPlace({
  place: data.place,
  isolation: data.isolation,
  environment: data.environment,
  sharesMemory: true,
  buffers: (kernel, tellDrops) => sharedBuffers(kernel, data.account, { platform, clock: systemClock, tellDrops }),
  link({ kernel }) {
    const link = messagePortLink(data.port, { onFrame: (frame) => kernel.receive(frame) });
    link.keepAlive(true);
    kernel.connectGateway(systemPlaceOf(data.place), link);
  },
});
