import type { PlaceId } from "../../runtime/kernel/mod.ts";

/** A worker that can be ended to free memory, by what runs there. */
export interface Victim {
  readonly place: PlaceId;
  readonly kind: "task" | "actor";
  /** What people call what runs there. */
  readonly name: string;
  readonly owner: PlaceId;
  /** Whether it will be run again, as far as its node knows. */
  readonly retriable: boolean;
  /** When it began. Milliseconds since the epoch. */
  readonly sinceMs: number;
}

/**
 * The worker to end so that memory comes free and the least is lost, after Ray's policy by owner: of the tasks that may
 * be tried again, those of the owner that runs the most of them, and there the newest, which has done the least. Only
 * without any, the newest actor that may be restarted; only then the newest task that may not be tried again, and last
 * the newest actor that ends for good.
 */
export function chooseVictim(victims: Iterable<Victim>): Victim | undefined {
  const ranks: Victim[][] = [[], [], [], []];
  for (const victim of victims) ranks[rankOf(victim)]?.push(victim);
  const [tasks = [], ...others] = ranks;
  if (tasks.length > 0) return newest(largestGroup(tasks));
  return newest(others.find((rank) => rank.length > 0) ?? []);
}

function rankOf({ kind, retriable }: Victim): number {
  return (retriable ? 0 : 2) + (kind === "task" ? 0 : 1);
}

/** Of two groups that are as large, the one with the newest. */
function largestGroup(tasks: readonly Victim[]): readonly Victim[] {
  const groups = new Map<PlaceId, Victim[]>();
  for (const task of tasks) {
    const group = groups.get(task.owner);
    if (group === undefined) groups.set(task.owner, [task]);
    else group.push(task);
  }
  return [...groups.values()].reduce((best, group) => {
    if (group.length !== best.length) return group.length > best.length ? group : best;
    return isNewer(newest(group), newest(best)) ? group : best;
  });
}

function newest(victims: readonly Victim[]): Victim | undefined {
  return victims.reduce<Victim | undefined>((found, victim) => (isNewer(victim, found) ? victim : found), undefined);
}

/** Of two that began at once, the one whose worker was started later. */
function isNewer(a: Victim | undefined, b: Victim | undefined): boolean {
  if (a === undefined || b === undefined) return b === undefined;
  return a.sinceMs === b.sinceMs ? a.place > b.place : a.sinceMs > b.sinceMs;
}
