import { type FieldsOf, MobulaError, where } from "./base.ts";

/** `init` was called in a process that is connected already. */
export class AlreadyInitializedError extends MobulaError {
  static override readonly code: string = "ALREADY_INITIALIZED";
  declare readonly address?: string;

  constructor(fields: FieldsOf<AlreadyInitializedError> = {}) {
    super(fields);
  }

  static override describe(fields: FieldsOf<AlreadyInitializedError>): string {
    const to = fields.address === undefined ? "" : ` (connected to ${fields.address})`;
    return `init() was called twice${to}. Call shutdown() first, or pass { ignoreReinitError: true } to keep the first.`;
  }
}

/** Something needs a running node, and there is none. */
export class NotInitializedError extends MobulaError {
  static override readonly code: string = "NOT_INITIALIZED";
  /** What was called. */
  declare readonly operation?: string;

  constructor(fields: FieldsOf<NotInitializedError> = {}) {
    super(fields);
  }

  static override describe(fields: FieldsOf<NotInitializedError>): string {
    return `${fields.operation ?? "This call"} needs a running node, and none is running. Call await init() first.`;
  }
}

/** The environment a task or actor asked for could not be made. */
export class RuntimeEnvSetupError extends MobulaError {
  static override readonly code: string = "RUNTIME_ENV_SETUP";
  declare readonly reason: string;
  /** The field of `runtimeEnv` that failed. */
  declare readonly field?: string;
  declare readonly nodeId?: string;
  declare readonly lastLogs?: readonly string[];

  constructor(fields: FieldsOf<RuntimeEnvSetupError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<RuntimeEnvSetupError>): string {
    const field = fields.field === undefined ? "" : ` (field "${fields.field}")`;
    const logs = (fields.lastLogs ?? []).map((line) => `\n  ${line}`).join("");
    return (
      `The runtimeEnv could not be set up${where({ node: fields.nodeId })}${field}: ${fields.reason}. ` +
      `Mend that field and submit again.${logs === "" ? "" : `\nLast log lines:${logs}`}`
    );
  }
}
