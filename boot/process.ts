/** The program of a child process: it runs tasks and hosts actors, and ends with its node. */
import { writeRecord } from "../actors/logs/mod.ts";
import { JOIN_VARIABLE, joinNode, type ProcessJoin } from "../actors/protocol/mod.ts";
import { startWorkerPlace } from "../actors/worker_place/mod.ts";
import { systemClock, systemPlaceOf } from "../runtime/kernel/mod.ts";
import { privateBuffers } from "../runtime/place/mod.ts";
import { platform } from "../runtime/platform/mod.ts";

platform.ignoreInterrupts();
const { url, token, place, isolation, storeBytes, environment } = JSON.parse(platform.takeEnv(JOIN_VARIABLE) ?? "{}") as ProcessJoin;
if (url === undefined)
  throw new Error(`${JOIN_VARIABLE} is not set: Mobula starts this program by itself, for tasks and actors with isolation "process"`);
await startWorkerPlace({
  place,
  isolation,
  environment,
  sharesMemory: false,
  buffers: (kernel) => privateBuffers(kernel, { platform, clock: systemClock, storeBytes }),
  // By its own streams, which lose nothing when it crashes.
  console: (stream, label, text) => platform.write(stream, writeRecord(label, text)),
  link: ({ kernel }) => kernel.connectGateway(systemPlaceOf(place), joinNode({ url, token, kernel, onLost: () => platform.exit(0) })),
});
