import type { Definition } from "../functions/mod.ts";
import type { NodeNumber, PlaceId } from "../kernel/mod.ts";
import type { ResolvedActorOptions, ResolvedTaskOptions } from "../options/mod.ts";
import type { ActorMeta } from "./actor_meta.ts";

/** The job that the calls of a template work for: the driver's at the root of what submitted them. */
export interface JobFields {
  readonly jobId: string;
  /** Where names are when nothing else is said. */
  readonly namespace: string;
}

/**
 * All that the calls of one remote function (or the actors of one class) with one set of options share.
 * A place numbers its templates and publishes each once in the function table before the first call that
 * names it, so that a call carries only that number.
 */
export interface TaskTemplate extends JobFields {
  readonly owner: PlaceId;
  readonly number: number;
  readonly kind: "task";
  readonly functionId: string;
  readonly name: string;
  readonly options: ResolvedTaskOptions;
  /** What calls must have in common to run under one lease: resources, constraints, isolation, environment. */
  readonly schedulingClass: string;
}

export interface ActorTemplate extends JobFields {
  readonly owner: PlaceId;
  readonly number: number;
  readonly kind: "actor";
  readonly functionId: string;
  readonly name: string;
  readonly options: ResolvedActorOptions;
  readonly meta: ActorMeta;
}

export type Template = TaskTemplate | ActorTemplate;

/** A function or class in the function table: how it travels, and the values that it was given by name. */
export interface FunctionRecord {
  /** See `functionId`. */
  readonly id: string;
  readonly name: string;
  readonly definition: Definition;
  /** The job that it was defined for, as long as which the head keeps it. */
  readonly jobId?: string;
  /** Encoded `captures`. */
  readonly captures?: Uint8Array;
  /** The remote functions that it names, by where they were defined. */
  readonly links?: Readonly<Record<string, { readonly functionId: string }>>;
}

/**
 * A function's id in a cluster: what it is, by its content, and the node that defined it, whose files its definition
 * names. So programs that differ in nothing but what they import do not mix.
 */
export function functionId(content: string, home: NodeNumber): string {
  return `${content}@${home}`;
}

/** The node that defined the function of an id; undefined for an id that names none. */
export function homeOfFunction(id: string): NodeNumber | undefined {
  const home = /@(\d+)$/.exec(id)?.[1];
  return home === undefined ? undefined : Number(home);
}
