import { SerializationError } from "../errors/mod.ts";
import { type CallSite, captureCallSite } from "../functions/mod.ts";
import type { NodeNumber } from "../kernel/mod.ts";
import { session } from "../session/mod.ts";
import { MissingModule } from "../values/mod.ts";

/** How instances of one class travel. */
export interface Serializer {
  readonly name: string;
  serialize(value: object): unknown;
  deserialize(data: unknown): unknown;
}

/** How long a module may take to register a class, in milliseconds. */
const REGISTER_PATIENCE_MS = 5_000;

const byPrototype: Map<object, { serializer: Serializer; site: CallSite }> = new Map();
const byName: Map<string, Serializer> = new Map();
const expected: Map<string, (() => void)[]> = new Map();

/**
 * Lets instances of a class travel as themselves: `serialize` gives what can travel, `deserialize` makes an
 * instance of it. Where an instance arrives, the module that makes this call is imported if it has not been.
 * A second call for a class replaces the first.
 */
export function registerSerializer<T extends object, Wire>(
  // biome-ignore lint/suspicious/noExplicitAny: a class of any constructor, abstract or not
  type: abstract new (...args: any[]) => T,
  options: { serialize: (value: T) => Wire; deserialize: (data: Wire) => T; name?: string },
): void {
  const name = options.name ?? type.name;
  if (name === "") throw new RangeError('registerSerializer: the class has no name; pass the option "name"');
  const serializer: Serializer = {
    name,
    serialize: options.serialize as Serializer["serialize"],
    deserialize: options.deserialize as Serializer["deserialize"],
  };
  byPrototype.set(type.prototype as object, { serializer, site: captureCallSite() });
  byName.set(name, serializer);
  for (const arrived of expected.get(name) ?? []) arrived();
  expected.delete(name);
}

/** Takes a serializer back. */
export function deregisterSerializer(type: abstract new (...args: never[]) => object): void {
  const found = byPrototype.get(type.prototype as object);
  byPrototype.delete(type.prototype as object);
  if (found !== undefined) byName.delete(found.serializer.name);
}

/** An instance as it travels: the class's name, its data, the module that registers the class, and the node that has that. */
export type SerializedWire = [name: string, data: unknown, module: string | null, node: NodeNumber];

export function hasSerializer(value: object): boolean {
  return typeof value === "object" && byPrototype.has(Object.getPrototypeOf(value) as object);
}

export function serialize(value: object): SerializedWire {
  const { serializer, site } = byPrototype.get(Object.getPrototypeOf(value) as object) as {
    serializer: Serializer;
    site: CallSite;
  };
  return [serializer.name, serializer.serialize(value), site.frames.at(-1)?.url ?? null, session().definitions.node];
}

/** @throws MissingModule when the class's module has to be imported first */
export function deserialize([name, data, module, node]: SerializedWire): object {
  const found = byName.get(name);
  if (found !== undefined) return found.deserialize(data) as object;
  const missing = new SerializationError({
    path: "value",
    reason: `class ${name} has no serializer here; the module that calls registerSerializer(${name}, …) must be one that workers can import, and call it before any await of the cluster`,
  });
  if (module === null) throw missing;
  throw new MissingModule(`class ${name}`, () => registered(name, { module, node }, missing));
}

/** The module may suspend for ever at the script's main part; it is enough that it has registered the class. */
function registered(name: string, { module, node }: { module: string; node: NodeNumber }, missing: Error): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => (byName.has(name) ? resolve() : reject(missing));
    const waiting = expected.get(name);
    if (waiting === undefined) expected.set(name, [resolve]);
    else waiting.push(resolve);
    const imported = session()
      .definitions.moduleHere(module, node)
      .then((url) => import(url));
    imported.then(settle, (cause) => reject(Object.assign(missing, { cause })));
    session().caller.clock.after(REGISTER_PATIENCE_MS, settle);
  });
}
