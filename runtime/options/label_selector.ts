import * as v from "valibot";
import { type Field, recordOf } from "./fields.ts";

/** Conditions on a node's labels, all of which must hold: `{ zone: "in(a,b)", arch: "!arm" }`. */
export type LabelSelector = Readonly<Record<string, string>>;

/** One condition taken apart. */
export interface LabelCondition {
  readonly key: string;
  /** Whether the label must be among `values`, or must not. */
  readonly among: boolean;
  readonly values: readonly string[];
}

const VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;
const KEY = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const GRAMMAR = 'a label condition: "value", "!value", "in(a,b)" or "!in(a,b)", with values of letters, digits, "-", "_" and "."';
const KEYS = 'labels whose keys are letters, digits, "-", "_" and ".", with at most one "prefix/"';

/** Takes a condition apart, or gives `undefined` where the text is not one. */
export function parseCondition(key: string, text: string): LabelCondition | undefined {
  const among = !text.startsWith("!");
  const rest = among ? text : text.slice(1);
  const list = /^in\((.*)\)$/.exec(rest);
  const values = list === null ? [rest] : (list[1] ?? "").split(",").map((value) => value.trim());
  if (!values.every((value) => VALUE.test(value)) || (list !== null && values.includes(""))) return undefined;
  return { key, among, values };
}

/** The conditions of a selector that has been checked. */
export function parseSelector(selector: LabelSelector): LabelCondition[] {
  return Object.entries(selector).flatMap(([key, text]) => parseCondition(key, text) ?? []);
}

/** Whether a node with these labels meets every condition. A label a node lacks is among nothing. */
export function matchesLabels(conditions: readonly LabelCondition[], labels: Readonly<Record<string, string>>): boolean {
  return conditions.every(({ key, among, values }) => {
    const label = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return (label !== undefined && values.includes(label)) === among;
  });
}

const keyField: Field<string> = v.pipe(v.string(KEYS), v.regex(KEY, KEYS));

export const labelSelectorField: Field<Record<string, string>> = recordOf(
  v.pipe(
    v.string(GRAMMAR),
    v.check((text) => parseCondition("", text) !== undefined, GRAMMAR),
  ),
  "an object of label names and conditions",
  keyField,
);

/** The labels of a node. */
export const labelsField: Field<Record<string, string>> = recordOf(
  v.pipe(v.string("a label, a string"), v.regex(VALUE, 'a label of up to 63 letters, digits, "-", "_" and "."')),
  "an object of label names and values",
  keyField,
);
