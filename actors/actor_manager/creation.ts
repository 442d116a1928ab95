import { decodeBatch, encodeBatch } from "../../net/mod.ts";
import type { ActorSpec, ActorSpecWire } from "../../runtime/contracts/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";
import type { ActorSpec as RowSpec } from "../gcs/mod.ts";
import { placementOf } from "./placement.ts";

/** All that an actor is made from, as it is kept beside its row. */
export interface Creation {
  readonly spec: ActorSpec;
  readonly template: ActorTemplate;
}

/** The actor's row, its namespace apart. `lasting`: it is to be made again from its row alone. */
export function rowOf({ spec, template }: Creation, lasting: boolean): RowSpec {
  const { jobId, name: className, functionId, options } = template;
  return {
    actorId: spec.id,
    jobId,
    className,
    descriptorId: functionId,
    ...(options.name === undefined ? {} : { name: options.name }),
    detached: options.detached,
    getIfExists: options.getIfExists,
    maxRestarts: options.maxRestarts,
    resources: options.resources,
    isolation: options.isolation ?? "thread",
    ...placementOf(options.schedulingStrategy),
    dependenciesReady: spec.needs.length === 0,
    ...(lasting && { creation: encodeCreation({ spec, template }) }),
  };
}

export function encodeCreation({ spec, template }: Creation): Uint8Array {
  const { id, template: number, form, data, needs, keeps } = spec;
  return encodeBatch([[id, number, form, data, needs, keeps, template]] as never);
}

/** @throws Error when it is none */
export function decodeCreation(bytes: Uint8Array): Creation {
  const [fields] = decodeBatch(bytes) as unknown as [[...ActorSpecWire, template: ActorTemplate]];
  const [id, number, form, data, needs, keeps, template] = fields;
  return { spec: { id, template: number, form, data, needs, keeps }, template };
}
