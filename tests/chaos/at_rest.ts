import { setTimeout as sleep } from "node:timers/promises";
import type { AskHead } from "../../actors/sessions/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { currentSession } from "../../runtime/session/mod.ts";

/** Values of this size and more are kept by nodes; smaller ones may be kept for a moment by whoever used them last. */
const LARGE_BYTES = 100 * 1024;

/** What is not as it is when nothing runs: resources in use, what waits, objects that are kept, actors that live. */
export async function unrest(ask: AskHead): Promise<string[]> {
  const found: string[] = [];
  const { nodes, pending } = await ask({ about: "status" });
  for (const { nodeId, available, total, state } of nodes) {
    if (state !== "ALIVE") found.push(`node ${nodeId} is ${state}`);
    for (const [name, amount] of Object.entries(total)) {
      if ((available[name] ?? 0) !== amount) found.push(`node ${nodeId} has ${available[name] ?? 0} of ${amount} ${name}`);
    }
  }
  for (const each of pending) found.push(`waits: ${JSON.stringify(each)}`);
  const rows = async (kind: string, filters: string[] = []) => (await ask({ about: "list", kind, filters, limit: 1_000, detail: true })).rows;
  for (const row of await rows("actors", ["state!=DEAD"])) found.push(`an actor lives: ${JSON.stringify(row)}`);
  // What is freed waits for threads to collect their garbage, which they do when there is need of the room.
  const objects = await rows("objects", ["state!=FREED"]);
  const kept = new Set(objects.filter((row) => (row["bytes"] as number) >= LARGE_BYTES).map((row) => row["objectId"]));
  for (const row of objects) if (kept.has(row["objectId"])) found.push(`an object is kept: ${JSON.stringify(row)}`);
  for (const row of await rows("tasks", ["state!=FINISHED", "state!=FAILED"])) found.push(`a task is not done: ${JSON.stringify(row)}`);
  const caller = currentSession()?.caller;
  if (caller !== undefined && caller.pendingCount > 0) found.push(`this driver waits for ${caller.pendingCount} results`);
  if (caller !== undefined && caller.lineage.tasks > 0) found.push(`this driver keeps how ${caller.lineage.tasks} results were made`);
  return found;
}

/** Waits until nothing is found any more. Returns what still is when the time is over. */
export async function atRest(ask: AskHead, ms: number): Promise<string[]> {
  const deadline = performance.now() + ms;
  for (;;) {
    platform.collectGarbage();
    const found = await unrest(ask).catch((error: Error) => [`the head does not answer: ${error.message}`]);
    if (found.length === 0 || performance.now() > deadline) return found;
    await sleep(100);
  }
}
