import { ResourceSet } from "../resources/mod.ts";

/** The resource options, which tasks, actors and jobs share. */
export interface ResourceOptions {
  /** CPUs, in steps of 0.0001. An admission requirement, not a limit. */
  readonly numCpus?: number;
  /** GPUs, in steps of 0.0001 up to 1, whole above. */
  readonly numGpus?: number;
  /** Custom resources by name. */
  readonly resources?: Readonly<Record<string, number>>;
  /** Bytes of memory; an admission requirement, not a limit. */
  readonly memory?: number;
}

/** Error classes, or their names. */
export type ErrorKinds = readonly (string | (abstract new (...args: never[]) => Error))[];

/** What the options ask for, as plain amounts without zeros. `cpus` is the default for `numCpus`. */
export function resolveResources(options: ResourceOptions, cpus: number): Record<string, number> {
  if (options.resources === undefined && options.memory === undefined && !options.numGpus) {
    // The common case, kept off the general path: every call with options comes by here.
    const share = options.numCpus ?? cpus;
    if (Number.isInteger(share)) return share === 0 ? {} : { CPU: share };
  }
  return ResourceSet.from({
    ...options.resources,
    CPU: options.numCpus ?? cpus,
    GPU: options.numGpus ?? 0,
    memory: options.memory ?? 0,
  }).toObject();
}

/** Whether any resource was stated. */
export function statesResources(options: ResourceOptions): boolean {
  return (
    options.numCpus !== undefined ||
    options.numGpus !== undefined ||
    options.memory !== undefined ||
    (options.resources !== undefined && Object.keys(options.resources).length > 0)
  );
}

/** Classes by their names, so that the list can travel. */
export function resolveRetryExceptions(option: boolean | ErrorKinds | undefined): boolean | string[] {
  if (option === undefined || typeof option === "boolean") return option ?? false;
  return option.map((kind) => (typeof kind === "string" ? kind : kind.name));
}

/**
 * Whether an error is of a listed kind: its own name, or the name of a class it
 * descends from, so that a base class covers its subclasses. To be asked where
 * the error was thrown, for only there are its classes at hand.
 */
export function isRetryable(error: unknown, retry: boolean | readonly string[]): boolean {
  if (typeof retry === "boolean") return retry;
  if (typeof error !== "object" || error === null) return false;
  try {
    return kindsOf(error).some((kind) => retry.includes(kind));
  } catch {
    // A proxy, perhaps, whose traps throw: of no kind that anyone could name.
    return false;
  }
}

/** Its own name, and those of its class and of the classes that this extends. */
function kindsOf(error: object): string[] {
  const kinds: string[] = [];
  const own = (error as { name?: unknown }).name;
  if (typeof own === "string") kinds.push(own);
  for (let link: unknown = Object.getPrototypeOf(error); link !== null; link = Object.getPrototypeOf(link)) {
    const kind = (link as { constructor?: unknown }).constructor;
    if (typeof kind === "function") kinds.push(kind.name);
  }
  return kinds;
}

/** The streaming rule of Ray: generators stream unless told otherwise, and nothing else can. */
export function resolveNumReturns(option: number | "streaming" | undefined, generator: boolean, what: string): number | "streaming" {
  if (option === undefined) return generator ? "streaming" : 1;
  if (option === "streaming" && !generator) {
    throw new RangeError(`${what}: option "numReturns" can be "streaming" for generator functions only (function* or async function*).`);
  }
  return option;
}
