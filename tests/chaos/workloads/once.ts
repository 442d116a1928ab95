import { get, isInitialized, remote } from "../../../mod.ts";
import type { Round } from "./round.ts";

const TASKS = 30;
const CALLS = 15;

/** Leaves its name in a file that no other process writes to in the middle of a line. */
async function leaveTrace(folder: string, name: string): Promise<string> {
  const { appendFileSync } = await import("node:fs");
  appendFileSync(`${folder}/once`, `${name}\n`);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return name;
}

const once = remote(leaveTrace, { maxRetries: 0 });

class Clerk {
  async sign(folder: string, name: string): Promise<string> {
    return await leaveTrace(folder, name);
  }
}
const ClerkActor = remote(Clerk, { maxRestarts: -1, maxTaskRetries: 0, numCpus: 0 });

/** What such a task or call may fail with: nothing but the truth about its worker. */
const HONEST = ["WORKER_CRASHED", "ACTOR_UNAVAILABLE", "ACTOR_DIED"];

/**
 * Tasks and calls that may not be tried again: each gives its name, or fails with the death of what ran it. Returns
 * what else they gave.
 */
export async function onceOnly(round: Round): Promise<string[]> {
  const clerk = ClerkActor.remote();
  const names = Array.from({ length: TASKS }, (_, index) => `${round.run} task ${round.round}.${index}`);
  const calls = Array.from({ length: CALLS }, (_, index) => `${round.run} call ${round.round}.${index}`);
  const given = [
    ...names.map((name) => [name, once.remote(round.folder, name)] as const),
    ...calls.map((name) => [name, clerk.sign.remote(round.folder, name)] as const),
  ];
  const wrong: string[] = [];
  for (const [name, ref] of given) {
    try {
      const result = await get(ref, { timeoutMs: round.timeoutMs });
      if (result !== name) wrong.push(`${name} gave ${result}`);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (!HONEST.includes(code ?? "") || !isInitialized()) wrong.push(`${name} failed with ${code}: ${message}`);
    }
    ref[Symbol.dispose]();
  }
  (clerk as unknown as Disposable)[Symbol.dispose]();
  return wrong;
}

/** Those that ran more than once, by the traces that they left. */
export function ranTwice(lines: readonly string[]): string[] {
  const seen = new Set<string>();
  return lines.filter((line) => line !== "" && (seen.has(line) || !seen.add(line)));
}
