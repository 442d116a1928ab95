import { type ActorMeta, ObjectRef } from "../caller/mod.ts";
import { FunctionNotFoundError, SerializationError } from "../errors/mod.ts";
import type { Callable } from "../functions/mod.ts";
import type { FunctionRecord } from "../tasks/mod.ts";
import type { ActorOptions, TaskOptions } from "../options/mod.ts";
import { session } from "../session/mod.ts";
import { registerTravel, type TravelContext } from "../values/mod.ts";
import { ActorHandle } from "./actor_handle.ts";
import { type Core, coreOf, type Definable, type RemoteWire } from "./definable.ts";
import { actorFace, taskFace } from "./faces.ts";

/** Numbers of what travels beside plain data; part of the wire. */
const Tag = { objectRef: 1, actorHandle: 2, remote: 3, function: 4, serialized: 5 } as const;

/** Makes a function from a record, at once where it can be. */
export type Revive = (record: FunctionRecord) => unknown;

/** Teaches the thread's codec how Mobula's own live objects travel. Once for each thread. */
export function registerOwnTravel(revive: Revive): void {
  registerTravel<ObjectRef, string>({
    tag: Tag.objectRef,
    matches: (value) => ObjectRef.is(value),
    encode(ref, context) {
      const entry = ObjectRef.entryOf(ref);
      session().caller.objects.share(entry);
      met(context, ref);
      return entry.id;
    },
    decode: (id) => new ObjectRef(session().caller.objects.adopt(id, false)),
  });
  registerTravel<ActorHandle, [id: string, meta: ActorMeta]>({
    tag: Tag.actorHandle,
    matches: (value) => ActorHandle.is(value),
    encode(handle, context) {
      const record = ActorHandle.recordOf(handle);
      if (record === undefined) throw new TypeError("not a handle");
      met(context, { id: record.id, record } as { id: string });
      return [record.id, record.meta];
    },
    decode: ([id, meta]) => ActorHandle.of(session().caller.actors.adopt(id, meta, false)),
  });
  registerTravel<Callable, RemoteWire>({
    tag: Tag.remote,
    matches: (value): value is Callable => coreOf(value) !== undefined,
    encode: (face) => session().definitions.wireOf(coreOf(face) as Core),
    decode: (wire) => faceOf(wire) as unknown as Callable,
  });
  registerTravel<Callable, FunctionRecord>({
    tag: Tag.function,
    matches: (value): value is Callable => typeof value === "function",
    encode(fn) {
      try {
        return session().definitions.defineValue(fn);
      } catch (error) {
        if (error instanceof FunctionNotFoundError) throw new SerializationError({ path: `function ${fn.name || "(anonymous)"}`, reason: error.message, cause: error });
        throw error;
      }
    },
    decode: (record) => revive(record) as Callable,
  });
  registerTravel<object, [name: string, data: unknown]>({
    tag: Tag.serialized,
    matches: (value): value is object => serializerOf(value) !== undefined,
    encode(value) {
      const found = serializerOf(value) as Serializer;
      return [found.name, found.serialize(value)];
    },
    decode([name, data]) {
      const found = serializersByName.get(name);
      if (found === undefined) {
        throw new SerializationError({ path: "value", reason: `class ${name} has no serializer here; the module that calls registerSerializer(${name}, …) must be imported where the value is used` });
      }
      return found.deserialize(data) as object;
    },
  });
}

interface Serializer {
  readonly name: string;
  serialize(value: object): unknown;
  deserialize(data: unknown): unknown;
}

const serializers: Map<object, Serializer> = new Map();
const serializersByName: Map<string, Serializer> = new Map();

/**
 * Lets instances of a class travel as themselves: `serialize` gives what can travel, `deserialize` makes an
 * instance of it. To be called in a module that both sides import. A second call for a class replaces the first.
 */
export function registerSerializer<T extends object, Wire>(
  // biome-ignore lint/suspicious/noExplicitAny: a class of any constructor, abstract or not
  type: abstract new (...args: any[]) => T,
  options: { serialize: (value: T) => Wire; deserialize: (data: Wire) => T; name?: string },
): void {
  const name = options.name ?? type.name;
  if (name === "") throw new RangeError('registerSerializer: the class has no name; pass the option "name"');
  const serializer: Serializer = { name, serialize: options.serialize as Serializer["serialize"], deserialize: options.deserialize as Serializer["deserialize"] };
  serializers.set(type.prototype as object, serializer);
  serializersByName.set(name, serializer);
}

/** Takes a serializer back. */
export function deregisterSerializer(type: abstract new (...args: never[]) => object): void {
  const serializer = serializers.get(type.prototype as object);
  serializers.delete(type.prototype as object);
  if (serializer !== undefined) serializersByName.delete(serializer.name);
}

function serializerOf(value: object): Serializer | undefined {
  return typeof value === "object" ? serializers.get(Object.getPrototypeOf(value) as object) : undefined;
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

function met(context: TravelContext | undefined, live: { readonly id: string }): void {
  context?.met.push(live);
}
