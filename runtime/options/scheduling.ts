import * as v from "valibot";
import { ResourceSet } from "../resources/mod.ts";
import { isPlainObject } from "./bag.ts";
import { count, type Field, flag, nested, oneOf, text } from "./fields.ts";
import { type LabelSelector, labelSelectorField } from "./label_selector.ts";

/** What a strategy needs of a placement group: the group of `placementGroup()` has it. */
export interface PlacementGroupLike {
  readonly id: string;
  readonly bundleSpecs?: readonly Readonly<Record<string, number>>[];
}

/** Run in a bundle of a placement group. */
export interface PlacementGroupStrategy {
  readonly placementGroup: PlacementGroupLike;
  /** Which bundle; -1, the default, is any that has room. */
  readonly bundleIndex?: number;
  /** Whether tasks submitted from inside run in the group too. Default false. */
  readonly captureChildTasks?: boolean;
}

/** Run on a certain node; with `soft`, elsewhere if it is gone. */
export interface NodeAffinityStrategy {
  readonly nodeId: string;
  readonly soft?: boolean;
}

export type SchedulingStrategy = "DEFAULT" | "SPREAD" | PlacementGroupStrategy | NodeAffinityStrategy;

/** Another selector to try when the first one fits no node. */
export interface Fallback {
  readonly labelSelector: LabelSelector;
}

/** A strategy as it travels: plain data, nothing left out. */
export type ResolvedStrategy =
  | "DEFAULT"
  | "SPREAD"
  | { readonly placementGroupId: string; readonly bundleIndex: number; readonly captureChildTasks: boolean }
  | { readonly nodeId: string; readonly soft: boolean };

const GROUP = "a placement group, as placementGroup() returns it";

// A group may be a class instance or a proxy, so only what is used of it is looked at.
const group: Field<PlacementGroupLike> = v.custom<PlacementGroupLike>(
  (value) => typeof value === "object" && value !== null && typeof (value as { id?: unknown }).id === "string",
  GROUP,
);

const inGroup = v.pipe(
  nested({
    placementGroup: group,
    bundleIndex: v.optional(count(-1, "the index of a bundle, or -1 for any")),
    captureChildTasks: v.optional(flag),
  }),
  v.check((value) => {
    const { placementGroup, bundleIndex = -1 } = value as PlacementGroupStrategy;
    return bundleIndex < (placementGroup.bundleSpecs?.length ?? Infinity);
  }, "a strategy whose bundleIndex is one of the group's bundles"),
);

const onNode = nested({ nodeId: text("the id of a node"), soft: v.optional(flag) });

const words = oneOf(["DEFAULT", "SPREAD"]);

const other = v.custom<SchedulingStrategy>(
  () => false,
  '"DEFAULT", "SPREAD", { placementGroup, bundleIndex?, captureChildTasks? } or { nodeId, soft? }',
);

export const strategyField: v.GenericSchema = v.lazy((value) => {
  if (typeof value === "string") return words;
  if (!isPlainObject(value)) return other;
  return "placementGroup" in value ? inGroup : onNode;
});

export const fallbackField: v.GenericSchema = v.array(nested({ labelSelector: labelSelectorField }), "a list of { labelSelector }");

/**
 * Holds what is asked for against the bundles of the group that it is to run in, where they are known.
 * Throws `RangeError` when it could never fit: it would wait for ever.
 */
export function assertFitsGroup(strategy: SchedulingStrategy | undefined, amounts: Readonly<Record<string, number>>): void {
  if (typeof strategy !== "object" || !("placementGroup" in strategy)) return;
  const { placementGroup, bundleIndex = -1 } = strategy;
  const { bundleSpecs } = placementGroup;
  if (bundleSpecs === undefined) return;
  const demand = ResourceSet.from(amounts);
  const bundles = (bundleIndex === -1 ? bundleSpecs : bundleSpecs.slice(bundleIndex, bundleIndex + 1)).map((bundle) => ResourceSet.from(bundle));
  if (bundles.some((bundle) => demand.fits(bundle))) return;
  const what = bundleIndex === -1 ? "any bundle" : `bundle ${bundleIndex}`;
  throw new RangeError(
    `options: ${demand} does not fit ${what} of placement group ${placementGroup.id}, which has ${bundles.join(", ")}. ` +
      "Ask for less (an actor that states no resources needs 1 CPU to be placed; numCpus: 0 asks for none), or make larger bundles.",
  );
}

/** `undefined` in, `undefined` out: the parent's group if it captures, else DEFAULT. */
export function resolveStrategy(strategy: SchedulingStrategy | undefined): ResolvedStrategy | undefined {
  if (strategy === undefined || typeof strategy === "string") return strategy;
  if ("nodeId" in strategy) return { nodeId: strategy.nodeId, soft: strategy.soft ?? false };
  return {
    placementGroupId: strategy.placementGroup.id,
    bundleIndex: strategy.bundleIndex ?? -1,
    captureChildTasks: strategy.captureChildTasks ?? false,
  };
}
