/** What functions and classes are, for those who run them. */
export { FunctionDirectory } from "./function_directory.ts";
export { FunctionShelf, type FunctionShelfOptions } from "./function_shelf.ts";
export type { FunctionTravelOptions } from "./function_travel.ts";
