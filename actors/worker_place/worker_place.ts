import { messagePortLink } from "../../net/mod.ts";
import { markWorkerRealm } from "../../runtime/context/mod.ts";
import type { NodeContract, PlaceContract } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type PlaceId, remoteContract, serve, systemClock, systemPlaceOf, toldContract } from "../../runtime/kernel/mod.ts";
import { environmentOf } from "../../runtime/options/mod.ts";
import { openPlace, type Place, type PlaceOptions } from "../../runtime/place/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { openSession } from "../../runtime/session/mod.ts";
import { encodeWhole } from "../../runtime/values/mod.ts";
import type { PlaceIdentity } from "../../runtime/worker/mod.ts";
import { type ConsoleSink, captureConsole } from "./console_capture.ts";
import { EventLog } from "./event_log.ts";
import { runSetupHook } from "./setup_hook.ts";

export interface WorkerPlaceOptions {
  place: PlaceId;
  isolation: "thread" | "process";
  /** See `environmentKey`. */
  environment: string;
  buffers: PlaceOptions["buffers"];
  sharesMemory: boolean;
  /** Takes what this worker's console prints. Default: it is sent to the node. */
  console?: ConsoleSink;
  /** Makes the link to the node's system worker, given the place that it is for. */
  link(place: Place): void;
}

/** Opens a worker's place: it can be leased once it has said hello. */
export async function startWorkerPlace(options: WorkerPlaceOptions): Promise<Place> {
  markWorkerRealm();
  const runtimeEnv = environmentOf(options.environment);
  const identity: PlaceIdentity = { nodeId: "", jobId: "", namespace: "", nodeLabels: {}, runtimeEnv };
  const place = openPlace({
    place: options.place,
    clock: systemClock,
    identity,
    isolation: options.isolation,
    sharesMemory: options.sharesMemory,
    buffers: options.buffers,
    print: (stream, text) => print(stream, "mobula", text),
    onLink: (to, port, kernel) => kernel.connect(to, messagePortLink(port, { onFrame: (frame) => kernel.receive(frame) })),
  });
  const { kernel, caller, definitions } = place;
  const system = systemPlaceOf(options.place);
  openSession({ caller, definitions, identity, isolation: options.isolation, keepAlive: () => () => {} });
  options.link(place);
  const node = toldContract<NodeContract>(kernel, system, ActorNumber.node);
  const asking = remoteContract<NodeContract>(kernel, system, ActorNumber.node);
  platform.watchOwnExit(({ code, error }) => {
    const heard = asking.ending({
      code,
      error: error === undefined ? undefined : encodeWhole(error),
    });
    kernel.flush();
    return heard;
  });
  const print: ConsoleSink = options.console ?? ((stream, label, text) => node.log(stream, label, text));
  captureConsole(print);
  const events = new EventLog({
    place: options.place,
    clock: systemClock,
    send: (names, rows, dropped) => node.ran(names, rows, dropped),
  });
  identity.events = events;
  const self: PlaceContract = { settle: () => events.flush() };
  kernel.register(ActorNumber.place, serve(kernel, self));
  if (runtimeEnv?.setupHook !== undefined) {
    try {
      await runSetupHook(runtimeEnv.setupHook, { timeoutMs: runtimeEnv.config?.setupTimeoutMs, clock: systemClock });
    } catch (error) {
      await asking.ending({ code: 1, error: encodeWhole(error) }).catch(() => {});
      platform.exit(1);
    }
  }
  const welcome = await asking.hello(options.sharesMemory ? kernel.attach(system, place.executor.runner.begun.current.buffer) : undefined);
  Object.assign(identity, { nodeId: welcome.nodeId, jobId: welcome.jobId, namespace: welcome.namespace });
  Object.assign(identity.nodeLabels, welcome.labels);
  return place;
}
