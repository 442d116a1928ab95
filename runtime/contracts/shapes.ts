import type { Shape } from "../kernel/mod.ts";

const shape = (says: string, fits: (value: unknown) => boolean): Shape => ({ says, fits });

export const anything: Shape = shape("anything", () => true);
export const text: Shape = shape("a text", (value) => typeof value === "string");
export const flag: Shape = shape("true or false", (value) => typeof value === "boolean");
export const amount: Shape = shape("a number", (value) => typeof value === "number" && !Number.isNaN(value));
export const whole: Shape = shape("a whole number", Number.isSafeInteger);
/** Also of places and nodes. */
export const count: Shape = shape("a whole number, not negative", (value) => Number.isSafeInteger(value) && (value as number) >= 0);
export const bytes: Shape = shape("bytes", (value) => value instanceof Uint8Array);
export const record: Shape = shape("a record", isRecord);

/** Or nothing. */
export function optional(one: Shape): Shape {
  return shape(`${one.says}, or nothing`, (value) => value === undefined || value === null || one.fits(value));
}

export function either(one: Shape, other: Shape): Shape {
  return shape(`${one.says}, or ${other.says}`, (value) => one.fits(value) || other.fits(value));
}

export function listOf(one: Shape): Shape {
  return shape(`an array, each ${one.says}`, (value) => Array.isArray(value) && value.every(one.fits));
}

/** An array whose items are each of a shape of their own. */
export function tuple(...items: readonly Shape[]): Shape {
  return shape(
    `an array of ${items.map(({ says }) => says).join("; ")}`,
    (value) => Array.isArray(value) && items.every((item, i) => item.fits(value[i])),
  );
}

/** A record of any names, each value of that shape. */
export function recordOf(one: Shape): Shape {
  return shape(`a record, each ${one.says}`, (value) => isRecord(value) && Object.values(value).every(one.fits));
}

/** A record that has these fields of its own, and perhaps others. */
export function fields(of: Readonly<Record<string, Shape>>): Shape {
  const entries = Object.entries(of);
  return shape(
    `a record with ${entries.map(([name, { says }]) => `${name}: ${says}`).join("; ")}`,
    (value) => isRecord(value) && entries.every(([name, { fits }]) => fits(Object.hasOwn(value, name) ? value[name] : undefined)),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const parent = Object.getPrototypeOf(value) as unknown;
  return parent === Object.prototype || parent === null;
}
