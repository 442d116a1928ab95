import type { Bundle } from "../bundles/mod.ts";
import type { Caller, PlaceId } from "../kernel/mod.ts";
import type { FunctionRecord, Template } from "../tasks/mod.ts";

/** The function table: what remote functions and actor classes are, by content, and the templates that use them. */
export interface FunctionsContract {
  /** Makes a function known; once for each id is enough. */
  define(caller: Caller, record: FunctionRecord): void;
  /** Makes a template of the caller's known, before the first message that names it. */
  publish(caller: Caller, template: Template): void;
  /**
   * The function; waits until it is defined. A place of the node gets it with modules that it can import, another node
   * gets it with bundles in their stead. Rejects with FunctionNotFoundError where a module is not to be had.
   */
  function(caller: Caller, id: string): Promise<FunctionRecord> | FunctionRecord;
  template(caller: Caller, owner: PlaceId, number: number): Promise<Template> | Template;
  /** A function that came to the caller inside a value, from any node, with modules that the caller can import. */
  here(caller: Caller, record: FunctionRecord): Promise<FunctionRecord> | FunctionRecord;
  /** A function of this node's with bundles in its modules' stead. */
  portable(caller: Caller, record: FunctionRecord): Promise<FunctionRecord>;
  /** The bytes of a bundle that was named in a function. */
  bundle(caller: Caller, id: string): Promise<Bundle>;
}
