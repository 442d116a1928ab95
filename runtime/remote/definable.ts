import type { DefinitionSite } from "../functions/mod.ts";
import type { ActorOptions, TaskOptions } from "../options/mod.ts";

/** A user's function or class that `remote` was given, or one that was defined elsewhere and came here by its id. */
export interface Definable {
  readonly kind: "task" | "actor";
  /** Its own name; once it is defined, that of the variable that holds it where it has none. */
  name: string;
  /** The live function or class, where it was defined. */
  readonly run: unknown;
  readonly site: DefinitionSite | undefined;
  readonly captures: Readonly<Record<string, unknown>> | undefined;
  /** A generator function; of an actor class, never. */
  readonly generator: boolean;
  /** Of an actor class: its `static methods`, and which of its methods are generators. */
  readonly staticMethods: unknown;
  readonly generatorMethods: readonly string[];
  /** Its id in the node's function table, where it was defined elsewhere and came here by it. */
  readonly functionId: string | undefined;
}

/** A remote function or actor class as it travels inside a value. */
export interface RemoteWire {
  readonly kind: "task" | "actor";
  readonly functionId: string;
  readonly name: string;
  readonly options: Record<string, unknown>;
  readonly generator: boolean;
  readonly staticMethods: unknown;
  readonly generatorMethods: readonly string[];
}

/** What lies behind the object that `remote` returned: a definable and the options stated for it. */
export interface Core {
  readonly definable: Definable;
  readonly options: TaskOptions & ActorOptions;
}

const cores: WeakMap<object, Core> = new WeakMap();

export function setCore(face: object, core: Core): void {
  cores.set(face, core);
}

export function coreOf(face: unknown): Core | undefined {
  return typeof face === "function" ? cores.get(face) : undefined;
}

/** Stated options as they travel: error classes by their names, live values left behind. */
export function portableOptions(options: TaskOptions & ActorOptions): Record<string, unknown> {
  const { captures: _captures, retryExceptions, ...rest } = options;
  if (retryExceptions === undefined || typeof retryExceptions === "boolean")
    return { ...rest, ...(retryExceptions === undefined ? {} : { retryExceptions }) };
  return { ...rest, retryExceptions: retryExceptions.map((kind) => (typeof kind === "string" ? kind : kind.name)) };
}

const GeneratorFunction = Object.getPrototypeOf(function* () {}).constructor as new () => unknown;
const AsyncGeneratorFunction = Object.getPrototypeOf(async function* () {}).constructor as new () => unknown;

export function isGenerator(fn: unknown): boolean {
  return fn instanceof GeneratorFunction || fn instanceof AsyncGeneratorFunction;
}

/** Whether `remote` was given a class rather than a function. */
export function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

/** The names of a class's generator methods, inherited ones included. */
export function generatorMethodsOf(actorClass: { prototype: object }): string[] {
  const names = new Set<string>();
  for (let at: object = actorClass.prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) if (isGenerator(value)) names.add(name);
  }
  return [...names];
}
