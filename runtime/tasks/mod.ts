/** What a call is: templates, arguments, and batches in shared memory. */
export type { ActorMeta, MethodMeta } from "./actor_meta.ts";
export { ArgumentForm, type Arguments, type ArgumentWire, BY_REFERENCE, NO_ARGUMENTS } from "./arguments.ts";
export { claimantOfNode, nodeOfClaimant, TaskBatch, type TaskRecord } from "./batch.ts";
export {
  type ActorTemplate,
  type FunctionRecord,
  functionId,
  homeOfFunction,
  type JobFields,
  type TaskTemplate,
  type Template,
} from "./template.ts";
export { TemplateMap } from "./template_map.ts";
