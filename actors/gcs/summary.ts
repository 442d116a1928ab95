import type { ActorInfo } from "./actor_record.ts";
import type { TaskInfo } from "./task_columns.ts";

/** How many rows of one name are in each state. */
export interface SummaryLine {
  readonly name: string;
  /** Tasks only: "NORMAL_TASK", "ACTOR_TASK" or "ACTOR_CREATION_TASK". */
  readonly type?: string;
  readonly states: Readonly<Record<string, number>>;
}

export interface Summary {
  readonly total: number;
  /** Rows by state. */
  readonly states: Readonly<Record<string, number>>;
  /** By name, the most frequent first; empty for kinds whose rows have none. */
  readonly lines: readonly SummaryLine[];
  /** Rows forgotten for want of room, where the table forgets. */
  readonly dropped?: number;
}

/** Tasks by function and type. */
export function summarizeTasks(tasks: Iterable<TaskInfo>): Summary {
  return summarize(tasks, ({ name = "?", type = "NORMAL_TASK", state }) => ({ name, type, state }));
}

/** Actors by class. */
export function summarizeActors(actors: Iterable<ActorInfo>): Summary {
  return summarize(actors, ({ className, state }) => ({ name: className, state }));
}

/** Rows by state alone. */
export function summarizeStates(states: Iterable<string>): Summary {
  return summarize(states, (state) => ({ state }));
}

interface Counted {
  readonly name?: string;
  readonly type?: string;
  readonly state: string;
}

function summarize<T>(rows: Iterable<T>, read: (row: T) => Counted): Summary {
  const states = new Map<string, number>();
  const lines = new Map<string, Counted & { count: number; states: Map<string, number> }>();
  let total = 0;
  for (const row of rows) {
    const counted = read(row);
    total++;
    add(states, counted.state);
    if (counted.name === undefined) continue;
    const key = `${counted.type ?? ""}\0${counted.name}`;
    let line = lines.get(key);
    if (!line) lines.set(key, (line = { ...counted, count: 0, states: new Map() }));
    line.count++;
    add(line.states, counted.state);
  }
  const sorted = [...lines.values()].sort((a, b) => b.count - a.count);
  return {
    total,
    states: Object.fromEntries(states),
    lines: sorted.map(({ name, type, states }) => ({
      name: name as string,
      ...(type === undefined ? {} : { type }),
      states: Object.fromEntries(states),
    })),
  };
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
