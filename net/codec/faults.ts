/** A value that cannot travel. `path` leads from the value to the offender ("value.items[3].socket"); `reason` says why, and what to do. */
export class SerializationFault extends Error {
  override readonly name: string = "SerializationFault";
  readonly path: string;
  readonly reason: string;

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path} cannot be serialized: ${reason}`, options);
    this.path = path;
    this.reason = reason;
  }
}

/** Bytes that are not what an encoder of this room writes: truncated, altered, hostile, or of another version. */
export class CorruptDataFault extends Error {
  override readonly name: string = "CorruptDataFault";
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(`Corrupt data: ${reason}.`, options);
    this.reason = reason;
  }
}
