import { currentCall } from "../context/mod.ts";
import type { Core } from "./definable.ts";

const variants: WeakMap<Core, Map<string, Core>> = new WeakMap();

/**
 * The same with the strategy that the running call hands down: what says nothing of its own runs in the placement
 * group of a call that captures its children. One variant for each group, so that each has one template.
 */
export function captured(core: Core): Core {
  if (core.options.schedulingStrategy !== undefined) return core;
  const call = currentCall();
  const id = call?.placementGroupId;
  if (id === undefined || call?.capturesChildren !== true) return core;
  let byGroup = variants.get(core);
  if (byGroup === undefined) {
    byGroup = new Map();
    variants.set(core, byGroup);
  }
  let variant = byGroup.get(id);
  if (variant === undefined) {
    variant = {
      ...core,
      options: { ...core.options, schedulingStrategy: { placementGroup: { id }, captureChildTasks: true } },
    };
    byGroup.set(id, variant);
  }
  return variant;
}
