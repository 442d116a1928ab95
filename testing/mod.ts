/** Helpers for tests of programs that use Mobula. */
export { type WaitForConditionOptions, waitForCondition } from "./wait_for_condition.ts";
