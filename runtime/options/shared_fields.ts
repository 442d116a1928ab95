import * as v from "valibot";
import { isPlainObject, type Shape } from "./bag.ts";
import { count, customResources, devices, type Field, memoryBytes, share, text, timeout } from "./fields.ts";
import { labelSelectorField } from "./label_selector.ts";
import type { ResourceOptions } from "./resolved.ts";
import { runtimeEnvField } from "./runtime_env.ts";
import { fallbackField, strategyField } from "./scheduling.ts";

export const resourceShape: Shape<ResourceOptions> = {
  numCpus: share("CPUs"),
  numGpus: devices,
  resources: customResources,
  memory: memoryBytes,
};

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

const captures = v.pipe(
  v.custom<Record<string, unknown>>(isPlainObject, "an object of names and values, as in { captures: { a, b } }"),
  v.check((value) => Object.keys(value as object).every((name) => IDENTIFIER.test(name)), "an object whose names can be variables"),
);

/** The options that say where and how something runs, tasks and actors alike. */
export const placementShape: {
  readonly [K in "schedulingStrategy" | "labelSelector" | "fallbackStrategy" | "runtimeEnv" | "name" | "captures"]: v.GenericSchema;
} = {
  schedulingStrategy: strategyField,
  labelSelector: labelSelectorField,
  fallbackStrategy: fallbackField,
  runtimeEnv: runtimeEnvField,
  name: text("a name"),
  captures,
};

const KINDS = "true, false or a list of error classes and their names";
const KIND = "an error class or the name of one";

const kind: v.GenericSchema = v.lazy((value) =>
  typeof value === "string"
    ? v.pipe(v.string(), v.nonEmpty(KIND))
    : v.pipe(
        v.custom<{ name: string; prototype: unknown }>((value) => typeof value === "function", KIND),
        v.check((value) => value === Error || value.prototype instanceof Error, KIND),
        v.check((value) => value.name !== "", "an error class that has a name"),
      ),
);

const kinds = v.array(kind, KINDS);
const yesOrNo = v.boolean(KINDS);

export const retryExceptionsField: v.GenericSchema = v.lazy((value) => (typeof value === "boolean" ? yesOrNo : kinds));

const RETURNS = 'a whole number, 0 or more, or "streaming"';
const numericReturns = count(0, RETURNS);
const streaming = v.picklist(["streaming"], RETURNS);

/** The options a call of a task and a call of a method share. */
export const callShape: {
  readonly [K in "numReturns" | "retryExceptions" | "generatorBackpressure" | "timeoutMs"]: v.GenericSchema;
} = {
  numReturns: v.lazy((value) => (typeof value === "string" ? streaming : numericReturns)),
  retryExceptions: retryExceptionsField,
  generatorBackpressure: count(1, "a whole number of items, 1 or more, or -1 for no limit", -1),
  timeoutMs: timeout,
};

/** How often something is tried anew; -1 is for ever. */
export function retries(of: string): Field<number> {
  return count(-1, `a whole number of ${of}, 0 or more, or -1 for no limit`);
}
