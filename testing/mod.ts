/** Helpers for tests of programs that use Mobula. */
export { waitForCondition, type WaitForConditionOptions } from "./wait_for_condition.ts";
