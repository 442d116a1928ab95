import { headline } from "./base.ts";

/**
 * How a worker, an actor or a node came to its end.
 *
 * - `uncaught`: an error escaped outside any call. `constructor`: the actor's constructor threw.
 * - `exit`: it ended itself. `killed`: someone called `kill` or `cancel` with force.
 * - `terminated`: its node stopped it. `out-of-scope`: its last handle was dropped.
 * - `signal`: the system ended the process. `out-of-memory`: the memory monitor or the system did.
 * - `unresponsive`: it missed its health checks. `disconnected`: its link broke.
 * - `start-failed`: it never came up. `owner-died`, `node-died`: it went with what it depended on.
 */
export type DeathCause =
  | "uncaught"
  | "constructor"
  | "exit"
  | "killed"
  | "terminated"
  | "out-of-scope"
  | "signal"
  | "out-of-memory"
  | "unresponsive"
  | "disconnected"
  | "start-failed"
  | "owner-died"
  | "node-died"
  | "unknown";

/** What is known about an end. Plain data but for `error`. */
export interface Death {
  readonly cause: DeathCause;
  /** When it was found to have ended. Milliseconds since the epoch, by the clock of the node that found it. */
  readonly at?: number;
  readonly workerId?: string;
  readonly nodeId?: string;
  readonly actorId?: string;
  readonly pid?: number;
  readonly exitCode?: number;
  readonly signal?: string;
  /** A sentence more, where the cause alone is not enough. */
  readonly detail?: string;
  /** Of a node that ran short of memory: how much was taken, of how much. */
  readonly usedBytes?: number;
  readonly limitBytes?: number;
  /** The last lines it wrote, oldest first. */
  readonly lastLogs?: readonly string[];
  /** The error that brought it down; an error about a death carries it as its `cause`. */
  readonly error?: unknown;
}

const CAUSES: Record<DeathCause, string> = {
  uncaught: "an error escaped outside any call",
  constructor: "its constructor threw",
  exit: "it exited by itself",
  killed: "it was killed on request",
  terminated: "its node stopped it",
  "out-of-scope": "its last handle was dropped",
  signal: "the system ended it by a signal",
  "out-of-memory": "it ran out of memory",
  unresponsive: "it stopped answering health checks",
  disconnected: "its connection broke",
  "start-failed": "it could not be started",
  "owner-died": "its owner died",
  "node-died": "its node died",
  unknown: "the cause is not known",
};

/** `subject died: why (worker, node, pid, exit code, signal, time).` with a detail where there is one. */
export function describeDeath(subject: string, death: Death): string {
  const facts = [
    part("worker", death.workerId, subject),
    part("node", death.nodeId, subject),
    part("pid", death.pid),
    part("exit code", death.exitCode),
    part("signal", death.signal),
    part("at", moment(death.at)),
  ].filter((fact) => fact !== "");
  const thrown = death.error === undefined ? "" : `: ${headline(death.error)}`;
  const detail = death.detail === undefined ? "" : ` ${sentence(death.detail)}`;
  const known = facts.length === 0 ? "" : ` (${facts.join(", ")})`;
  return `${subject} died: ${sentence((CAUSES[death.cause] ?? death.cause) + thrown + known)}${detail}`;
}

/** The closing lines of a message about a death: the last things the dead one wrote. */
export function describeLogs({ lastLogs: lines = [] }: Pick<Death, "lastLogs">): string {
  return lines.length === 0 ? "" : `\nLast log lines:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

/**
 * Splits a death into the record an error keeps, which is plain data, and the
 * error that becomes its `cause`.
 */
export function settleDeath<F extends { readonly death: Death; readonly cause?: unknown }>(fields: F): F {
  if (fields.death.error === undefined) return fields;
  const { error, ...death } = fields.death;
  return { ...fields, death, cause: fields.cause ?? error };
}

/** A moment as all machines write it; undefined for none. */
function moment(ms: number | undefined): string | undefined {
  const date = new Date(ms ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Nothing where the subject names it already. */
function part(label: string, value: string | number | undefined, subject = ""): string {
  return value === undefined || subject.includes(String(value)) ? "" : `${label} ${value}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
