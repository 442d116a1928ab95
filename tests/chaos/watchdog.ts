import type { AskHead } from "../../actors/sessions/mod.ts";
import { currentSession } from "../../runtime/session/mod.ts";

/** Something did not come to its end in time; the message says what was pending then, and why as far as that is known. */
export class HangError extends Error {
  override readonly name = "HangError";
}

/** Rejects with what is pending in the cluster when `work` takes longer than `ms`. */
export async function bounded<T>(what: string, work: Promise<T>, { ms, ask }: { ms: number; ask: AskHead }): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => void (timer = setTimeout(() => resolve("late"), ms)));
  try {
    const first = await Promise.race([work.then((value) => ({ value })), late]);
    if (first !== "late") return first.value;
    throw new HangError(`${what} was not done after ${ms} ms\n${await pending(ask)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** What waits in the cluster, and what the head knows of the reasons. */
export async function pending(ask: AskHead): Promise<string> {
  const parts = await Promise.all([
    part("status", async () => {
      const { nodes, pending } = await ask({ about: "status" });
      const lines = nodes.map(({ nodeId, state, available, total }) => `${nodeId} ${state} ${JSON.stringify(available)} of ${JSON.stringify(total)}`);
      return [...lines, ...pending.map((each) => `waits: ${JSON.stringify(each)}`)];
    }),
    part("actors", () => rows(ask, "actors", ["state!=DEAD", "state!=ALIVE"])),
    part("tasks", () => rows(ask, "tasks", ["state!=FINISHED", "state!=FAILED"])),
    part("groups", () => rows(ask, "placement-groups", ["state!=CREATED", "state!=REMOVED"])),
    part("this driver", async () => {
      const caller = currentSession()?.caller;
      return [JSON.stringify({ pending: caller?.pendingCount, ...caller?.objects.sizes(), lineage: caller?.lineage })];
    }),
  ]);
  return parts.join("\n");
}

async function rows(ask: AskHead, kind: string, filters: string[]): Promise<string[]> {
  const { rows } = await ask({ about: "list", kind, filters, limit: 30, detail: true });
  return rows.map((row) => JSON.stringify(row));
}

async function part(name: string, lines: () => Promise<readonly string[]>): Promise<string> {
  const found = await lines().catch((error: Error) => [`not to be had: ${error.message}`]);
  return [`${name}:`, ...found.map((line) => `  ${line}`)].join("\n");
}
