/** Resource arithmetic: exact, never negative. What a machine has is found out elsewhere. */
export { fromUnits, isWhole, RESOURCE_STEP, toUnits } from "./quantity.ts";
export { ResourceSet } from "./resource_set.ts";
