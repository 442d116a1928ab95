import { adopt, hasErrorBrand, MobulaError, setName, setStack } from "./base.ts";
import { type ErrorByCode, type ErrorCode, errorClass } from "./registry.ts";

/**
 * An error in parts that can travel: name, message, stack, own fields (the code
 * among them) and cause. `cause` is handed on as it is: whoever encodes the
 * parts encodes it too, by this same form if it is one of Mobula's.
 */
export type WireError = readonly [
  name: string,
  message: string,
  stack: string | undefined,
  fields: Readonly<Record<string, unknown>>,
  cause: unknown,
];

/** Takes an error apart. The fields are shared with the error, not copied. */
export function toWire(error: MobulaError): WireError {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(error)) {
    if (key !== "cause" && key !== "stack" && key !== "message" && typeof value !== "function") fields[key] = value;
  }
  return [error.name, error.message, error.stack, fields, error.cause];
}

/**
 * Puts an error together again: same class, code, message, stack, fields and
 * cause. A name this release does not know gives a `MobulaError` that keeps the
 * name and the code. The parts may come from another machine: what is not of the
 * right type is dropped, and no field can shadow what the class has.
 */
export function fromWire(wire: WireError): MobulaError {
  const [name, message, stack, fields, cause] = wire;
  const known = errorClass(String(name));
  const target = known ?? MobulaError;
  // A true error of that class whose constructor has not run, since its message is made already.
  const error = Reflect.construct(
    Error,
    cause === undefined ? [String(message)] : [String(message), { cause }],
    target as unknown as typeof MobulaError,
  ) as MobulaError;
  const sent: Record<string, unknown> = typeof fields === "object" && fields !== null ? fields : {};
  const code = known === undefined && typeof sent.code === "string" ? sent.code : target.code;
  setName(error, String(name));
  adopt(error, { code });
  adopt(error, sent);
  if (typeof stack === "string") setStack(error, stack);
  return error;
}

/**
 * Whether `error` is one of Mobula's, and of that code if one is given. Unlike
 * `instanceof` it also holds between two copies of this library.
 */
export function isMobulaError(error: unknown): error is MobulaError;
export function isMobulaError<C extends ErrorCode>(error: unknown, code: C): error is ErrorByCode[C];
export function isMobulaError(error: unknown, code?: string): boolean {
  return hasErrorBrand(error) && (code === undefined || error.code === code);
}
