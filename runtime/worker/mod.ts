/** The executing side of a place: tasks under leases, actors and their mailboxes. */
export type { ActorOrder } from "./actor_host.ts";
export { CurrentTask } from "./current_task.ts";
export { Executor, type HostContract } from "./executor.ts";
export { ActorExit } from "./hosted_actor.ts";
export type { PlaceIdentity, TaskEventSink } from "./identity.ts";
export {
  type AnyClass,
  type AnyFunction,
  type Materialise,
  type OwnTemplates,
  TemplateCache,
} from "./template_cache.ts";
export type { TaskCall } from "./worker_lease.ts";
