import { MAX_NAME_LENGTH } from "../../runtime/options/mod.ts";

/** The control store's bounds. Every one has a name, so that an error can say which was met. */
export interface GcsLimits {
  /** Rows kept of what has ended, oldest dropped first. */
  readonly deadActors: number;
  readonly deadNodes: number;
  readonly deadWorkers: number;
  readonly endedJobs: number;
  readonly removedPlacementGroups: number;
  /** Task attempts kept; and errors kept. */
  readonly taskEvents: number;
  readonly errors: number;
  /** Characters of an actor's or a placement group's name, of a namespace, and of a user's key. */
  readonly nameLength: number;
  readonly kvKeyLength: number;
  /** Bytes of one value; and of all values and keys together. */
  readonly kvValueBytes: number;
  readonly kvTotalBytes: number;
  /** Bytes of one answer with several keys or values; keys in one question. */
  readonly kvReplyBytes: number;
  readonly kvMultiGetKeys: number;
  /** Bytes of one function's or actor class's definition; of an actor's creation payload. */
  readonly functionBytes: number;
  readonly actorCreationBytes: number;
  /** Bytes of the encoded error kept with a death. */
  readonly deathErrorBytes: number;
  /** Characters kept of an error's text, and of each log line of a death; lines kept of a death's log. */
  readonly textLength: number;
  readonly logLines: number;
  /** Notices waiting for one subscriber; and its subscriptions. */
  readonly subscriberQueue: number;
  readonly subscriptions: number;
  /** Kinds of waiting work told by one node's report, the rest left out. */
  readonly nodePending: number;
  /** Rows a listing gives when nothing is said, and at most. */
  readonly listDefault: number;
  readonly listMax: number;
}

export const DEFAULT_GCS_LIMITS: GcsLimits = {
  deadActors: 10_000,
  deadNodes: 1_000,
  deadWorkers: 1_000,
  endedJobs: 10_000,
  removedPlacementGroups: 1_000,
  taskEvents: 100_000,
  errors: 1_000,
  nameLength: MAX_NAME_LENGTH,
  kvKeyLength: 4_096,
  kvValueBytes: 16 * 2 ** 20,
  kvTotalBytes: 2 ** 30,
  kvReplyBytes: 32 * 2 ** 20,
  kvMultiGetKeys: 10_000,
  functionBytes: 64 * 2 ** 20,
  actorCreationBytes: 10 * 2 ** 20,
  deathErrorBytes: 2 ** 16,
  textLength: 4_096,
  logLines: 20,
  subscriberQueue: 10_000,
  subscriptions: 200_000,
  nodePending: 1_000,
  listDefault: 100,
  listMax: 10_000,
};

/** The defaults with `changes` over them. @throws RangeError naming a limit that is unknown or no positive integer. */
export function gcsLimits(changes: Partial<GcsLimits> = {}): GcsLimits {
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(DEFAULT_GCS_LIMITS, name)) throw new RangeError(`limits: unknown limit ${name}`);
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`limits.${name} must be a positive integer, not ${value}`);
    }
  }
  return { ...DEFAULT_GCS_LIMITS, ...changes };
}

/** A request went over a named limit and changed nothing. */
export class LimitExceededError extends RangeError {
  override readonly name: string = "LimitExceededError";
  readonly code: string = "LIMIT_EXCEEDED";
  readonly limit: keyof GcsLimits;
  readonly allowed: number;
  readonly actual: number;

  constructor(what: string, limit: LimitMet) {
    super(`${what}: ${limit.actual} is over the limit ${limit.name} (${limit.allowed}).`);
    this.limit = limit.name;
    this.allowed = limit.allowed;
    this.actual = limit.actual;
  }
}

export interface LimitMet {
  readonly name: keyof GcsLimits;
  readonly allowed: number;
  readonly actual: number;
}

/** @throws LimitExceededError when `actual` is over the limit called `name`. */
export function assertWithin(limits: GcsLimits, name: keyof GcsLimits, subject: { what: string; actual: number }): void {
  const allowed = limits[name];
  if (subject.actual > allowed) throw new LimitExceededError(subject.what, { name, allowed, actual: subject.actual });
}

/** `text` cut to `textLength` characters, with a mark where it was cut. */
export function boundText(limits: GcsLimits, text: string): string {
  const whole = String(text);
  return whole.length <= limits.textLength ? whole : `${whole.slice(0, limits.textLength - 1).toWellFormed()}…`;
}
