/**
 * How a user's function or class reaches a worker: the caller's side decides how it travels (`analyse`), the
 * worker's side makes it again (`materialise`). Three ways: by its source text, by importing the module that
 * defines it, or not at all, with a fault that says how to mend it.
 */
export { Analyser, analyse, analyseValue } from "./analyse.ts";
export type { AnalyseOptions, AnalysisParts, Callable } from "./analysis.ts";
export type { Binding, MobulaEntry, OuterBinding } from "./binding.ts";
export { type Definition, definitionId, filesOf, IMPORTS_FILE, type ModuleDefinition, type SourceDefinition } from "./definition.ts";
export { type FunctionNotFoundDetails, FunctionNotFoundFault } from "./fault.ts";
export { type Materialised, type MaterialiseOptions, Materialiser, materialise } from "./materialise.ts";
export { isMobula, type MobulaPredicate } from "./mobula_import.ts";
export { type ImportModule, noteSuspension } from "./module_imports.ts";
export { type ModuleLookup, ModuleSource, ModuleSources } from "./module_source.ts";
export {
  type CallSite,
  captureCallSite,
  type DefinitionSite,
  defineSite,
  type SiteKey,
  treatAsPackageCode,
} from "./site.ts";
export { expectSite, lookupRemote, type Registration, registerRemote, SiteRegistry } from "./site_registry.ts";
export type { SourcePosition } from "./stack_frame.ts";
