import type { Caller, PlaceId } from "../kernel/mod.ts";
import type { FunctionRecord, Template } from "../tasks/mod.ts";

/** The function table: what remote functions and actor classes are, by content, and the templates that use them. */
export interface FunctionsContract {
  /** Makes a function known; once for each id is enough. */
  define(caller: Caller, record: FunctionRecord): void;
  /** Makes a template of the caller's known, before the first message that names it. */
  publish(caller: Caller, template: Template): void;
  /** The function; waits until it is defined. */
  function(caller: Caller, id: string): Promise<FunctionRecord> | FunctionRecord;
  template(caller: Caller, owner: PlaceId, number: number): Promise<Template> | Template;
}
