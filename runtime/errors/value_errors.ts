import { type FieldsOf, MobulaError } from "./base.ts";

/** A value cannot travel. */
export class SerializationError extends MobulaError {
  static override readonly code: string = "SERIALIZATION_ERROR";
  /** Where inside the value: `args[0].user.socket`. */
  declare readonly path: string;
  /** What is there, and why it cannot travel. */
  declare readonly reason: string;

  constructor(fields: FieldsOf<SerializationError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<SerializationError>): string {
    const at = fields.path === "" ? "The value" : `The value at ${fields.path}`;
    return (
      `${at} cannot travel: ${fields.reason}. ` +
      "Send plain data instead, open the resource where it is used, or teach its class with registerSerializer()."
    );
  }
}

/** A bounded queue had no room in time. */
export class QueueFullError extends MobulaError {
  static override readonly code: string = "QUEUE_FULL";
  declare readonly maxSize?: number;

  constructor(fields: FieldsOf<QueueFullError> = {}) {
    super(fields);
  }

  static override describe(fields: FieldsOf<QueueFullError>): string {
    const size = fields.maxSize === undefined ? "" : ` (${fields.maxSize} items)`;
    return `The queue is full${size}. Wait with put(), take items out, or make it larger.`;
  }
}

/** A queue had nothing to give in time. */
export class QueueEmptyError extends MobulaError {
  static override readonly code: string = "QUEUE_EMPTY";

  constructor(fields: FieldsOf<QueueEmptyError> = {}) {
    super(fields);
  }

  static override describe(_fields: object): string {
    return "The queue is empty. Wait with get(), or put something in first.";
  }
}
