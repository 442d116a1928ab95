import { ObjectRef } from "../caller/mod.ts";
import { FunctionNotFoundError, SerializationError } from "../errors/mod.ts";
import type { Callable } from "../functions/mod.ts";
import type { ActorOptions, TaskOptions } from "../options/mod.ts";
import { PlacementGroupHandle, type PlacementGroupWire } from "../placement_groups/mod.ts";
import { session } from "../session/mod.ts";
import type { ActorMeta, FunctionRecord } from "../tasks/mod.ts";
import { registerTravel, TravelTag } from "../values/mod.ts";
import { ActorHandle } from "./actor_handle.ts";
import { type Core, coreOf, type Definable, type RemoteWire } from "./definable.ts";
import { actorFace, taskFace } from "./faces.ts";
import { deserialize, hasSerializer, type SerializedWire, serialize } from "./serializers.ts";

/** Makes a function from a record, at once where it can be. */
export type Revive = (record: FunctionRecord) => unknown;

/** Teaches the thread's codec how Mobula's own live objects travel. Once for each thread. */
export function registerOwnTravel(revive: Revive): void {
  registerTravel<ObjectRef, string>({
    tag: TravelTag.objectRef,
    matches: (value) => ObjectRef.is(value),
    encode(ref, context) {
      const entry = ObjectRef.entryOf(ref);
      session().caller.objects.share(entry);
      context?.met.push(entry);
      return entry.id;
    },
    decode: (id) => new ObjectRef(session().caller.objects.adopt(id, false)),
  });
  registerTravel<ActorHandle, [id: string, meta: ActorMeta]>({
    tag: TravelTag.actorHandle,
    matches: (value) => ActorHandle.is(value),
    encode(handle, context) {
      const record = ActorHandle.recordOf(handle);
      if (record === undefined) throw new TypeError("not a handle");
      context?.met.push(record);
      return [record.id, record.meta];
    },
    decode: ([id, meta]) => ActorHandle.of(session().caller.actors.adopt(id, meta, false)),
  });
  registerTravel<PlacementGroupHandle, PlacementGroupWire>({
    tag: TravelTag.placementGroup,
    matches: (value) => PlacementGroupHandle.is(value),
    encode: (group) => PlacementGroupHandle.wireOf(group),
    decode: (wire) => PlacementGroupHandle.of(wire),
  });
  registerTravel<Callable, RemoteWire>({
    tag: TravelTag.remote,
    matches: (value): value is Callable => coreOf(value) !== undefined,
    encode: (face) => session().definitions.wireOf(coreOf(face) as Core),
    decode: (wire) => faceOf(wire) as unknown as Callable,
  });
  registerTravel<Callable, FunctionRecord>({
    tag: TravelTag.function,
    matches: (value): value is Callable => typeof value === "function",
    encode(fn) {
      try {
        return session().definitions.defineValue(fn);
      } catch (error) {
        if (error instanceof FunctionNotFoundError)
          throw new SerializationError({
            path: `function ${fn.name || "(anonymous)"}`,
            reason: error.message,
            cause: error,
          });
        throw error;
      }
    },
    decode: (record) => revive(record) as Callable,
  });
  registerTravel<object, SerializedWire>({
    tag: TravelTag.serialized,
    matches: (value): value is object => hasSerializer(value),
    encode: serialize,
    decode: deserialize,
  });
}

/** A remote function or actor class that came here. */
export function faceOf(wire: RemoteWire): object {
  const definable: Definable = {
    kind: wire.kind,
    name: wire.name,
    run: undefined,
    site: undefined,
    captures: undefined,
    generator: wire.generator,
    staticMethods: wire.staticMethods,
    generatorMethods: wire.generatorMethods,
    functionId: wire.functionId,
  };
  const core: Core = { definable, options: wire.options as TaskOptions & ActorOptions };
  return wire.kind === "task" ? taskFace(core) : actorFace(core);
}
