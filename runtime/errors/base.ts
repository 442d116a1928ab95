const BRAND: unique symbol = Symbol.for("mobula.error");

/** What every error can be given besides its own fields. */
export interface MobulaErrorFields {
  readonly message?: string;
  readonly code?: string;
  readonly cause?: unknown;
}

/** The fields an error class is made from: its own properties, and a cause. */
export type FieldsOf<E extends MobulaError> = {
  readonly [K in keyof E as K extends keyof MobulaError ? never : K]: E[K];
} & { readonly cause?: unknown };

/**
 * The root of every error Mobula raises.
 *
 * A subclass takes one object of fields, which become its own properties, and
 * derives its message from them with `static describe`. The message says what
 * failed and what to do next.
 *
 * `code` is stable across releases: the class name in capitals, without the
 * closing `_ERROR` where what is left already says what happened.
 */
export class MobulaError extends Error {
  static readonly code: string = "MOBULA_ERROR";

  readonly code: string;

  constructor(fields: MobulaErrorFields) {
    super(fields.message ?? new.target.describe(fields), fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = fields.code ?? new.target.code;
    setName(this, new.target.name);
    adopt(this, fields);
  }

  /** The message for these fields. */
  static describe(_fields: object): string {
    return "Something failed inside Mobula; the cause says what.";
  }
}

// On the prototype, so that copies of this module in one realm know each other's errors.
Object.defineProperty(MobulaError.prototype, BRAND, { value: true });

/** Whether `error` is one of Mobula's, from this copy of the module or another. */
export function hasErrorBrand(error: unknown): error is MobulaError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/** Names an error without adding an enumerable property. */
export function setName(error: Error, name: string): void {
  Object.defineProperty(error, "name", { value: name, configurable: true, writable: true, enumerable: false });
}

/** Gives an error another stack without adding an enumerable property. */
export function setStack(error: Error, stack: string): void {
  Object.defineProperty(error, "stack", { value: stack, configurable: true, writable: true, enumerable: false });
}

/**
 * Copies fields onto an error as its own properties. A field never shadows what
 * the error has already, so fields from outside cannot replace `message`,
 * `stack`, `__proto__` or a method.
 */
export function adopt(error: Error, fields: object): void {
  for (const [key, value] of Object.entries(fields)) {
    // JavaScriptCore makes `stack` when it is first read, so `in` does not always see it.
    if (value === undefined || key === "cause" || key === "stack" || key in error) continue;
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: true });
  }
}

/** `Name: message` of whatever was thrown. */
export function headline(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown === "string" ? thrown : `a thrown ${show(thrown)}`;
  return thrown.message === "" ? thrown.name : `${thrown.name}: ${thrown.message}`;
}

/** ` (task a, worker b)` from the parts that are known, or nothing. */
export function where(parts: Record<string, string | number | undefined>): string {
  const known = Object.entries(parts).filter(([, value]) => value !== undefined);
  return known.length === 0 ? "" : ` (${known.map(([label, value]) => `${label} ${value}`).join(", ")})`;
}

/** `"name"`, or a stand-in when there is none. */
export function quoted(name: string | undefined, otherwise: string): string {
  return name === undefined || name === "" ? otherwise : `"${name}"`;
}

/** Bytes for people: `1.5 GiB`. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = count;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${Number(size.toFixed(1))} ${units[unit]}`;
}

function show(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
