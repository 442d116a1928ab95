import { ResourceSet } from "../resources/mod.ts";
import { type Check, checker, isPlainObject } from "./bag.ts";
import { named, oneOf } from "./fields.ts";
import { show } from "./problem.ts";

/**
 * The resources of one bundle: `{ CPU: 1, GPU: 0.5, memory: 1e9, tape: 1 }`.
 * `numCpus` and `numGpus` are read as `CPU` and `GPU`.
 */
export type Bundle = Readonly<Record<string, number>>;

export type PlacementStrategy = "PACK" | "SPREAD" | "STRICT_PACK" | "STRICT_SPREAD";

/** Options of `placementGroup(bundles, options)`. */
export interface PlacementGroupOptions {
  /** Default `"PACK"`. */
  readonly strategy?: PlacementStrategy;
  readonly name?: string;
  /** `"detached"` outlives its driver. */
  readonly lifetime?: "detached";
}

/** What is asked for, with every default in place: plain data that can travel. */
export interface PlacementGroupRequest {
  readonly bundles: readonly Bundle[];
  readonly strategy: PlacementStrategy;
  readonly name: string | undefined;
  readonly detached: boolean;
}

const check: Check<PlacementGroupOptions> = checker<PlacementGroupOptions>("placementGroup()", {
  strategy: oneOf(["PACK", "SPREAD", "STRICT_PACK", "STRICT_SPREAD"]),
  name: named("a name"),
  lifetime: oneOf(["detached"]),
});

/** Checks what `placementGroup` was given and makes it plain. */
export function resolvePlacementGroup(bundles: unknown, options?: unknown): PlacementGroupRequest {
  if (!Array.isArray(bundles)) {
    throw new TypeError(`placementGroup(): bundles must be a list of resources such as [{ CPU: 1 }], not ${show(bundles)}.`);
  }
  if (bundles.length === 0) throw new RangeError("placementGroup(): bundles must have at least one bundle, such as [{ CPU: 1 }].");
  const { strategy = "PACK", name, lifetime } = check(options);
  return { bundles: bundles.map(resolveBundle), strategy, name, detached: lifetime === "detached" };
}

const ALIASES: ReadonlyMap<string, string> = new Map([
  ["numCpus", "CPU"],
  ["numGpus", "GPU"],
]);

function resolveBundle(bundle: unknown, index: number): Bundle {
  const where = `placementGroup(): bundle ${index}`;
  if (!isPlainObject(bundle)) throw new TypeError(`${where} must be an object of resources such as { CPU: 1 }, not ${show(bundle)}.`);
  const amounts: Record<string, number> = {};
  for (const [key, amount] of Object.entries(bundle)) {
    if (amount === undefined) continue;
    if (typeof amount !== "number") throw new TypeError(`${where}: resource "${key}" must be a number, not ${show(amount)}.`);
    const name = ALIASES.get(key) ?? key;
    if (Object.hasOwn(amounts, name)) throw new RangeError(`${where} states resource "${name}" twice.`);
    amounts[name] = amount;
  }
  const set = read(amounts, where);
  if (set.isEmpty) throw new RangeError(`${where} must ask for some resource; all of its amounts are 0.`);
  return set.toObject();
}

function read(amounts: Record<string, number>, where: string): ResourceSet {
  try {
    return ResourceSet.from(amounts);
  } catch (error) {
    throw new RangeError(`${where}: ${(error as Error).message}`, { cause: error });
  }
}
