import { writeFile } from "node:fs/promises";
import type { StateContract } from "../contracts/mod.ts";
import { NotInitializedError } from "../errors/mod.ts";
import { ActorNumber, HEAD_PLACE, type Remote, remoteContract } from "../kernel/mod.ts";
import { awaiting, currentSession, neverInShadow } from "../session/mod.ts";

/** One node of the cluster. */
export interface NodeInfo {
  readonly nodeId: string;
  readonly alive: boolean;
  readonly state: string;
  readonly resources: Readonly<Record<string, number>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly pid: number;
}

/** One event of a Chrome trace. */
export type TraceEvent = Readonly<Record<string, unknown>>;

/** Whether this thread is connected to a node. */
export function isInitialized(): boolean {
  return currentSession() !== undefined;
}

/** The nodes of the cluster. @throws NotInitializedError */
export async function nodes(): Promise<NodeInfo[]> {
  return (await ask("nodes()", (state) => state.nodes())) as unknown as NodeInfo[];
}

/** What all nodes offer together. @throws NotInitializedError */
export async function clusterResources(): Promise<Record<string, number>> {
  return (await ask("clusterResources()", (state) => state.resources())).total;
}

/** What of it is free now; resources of which nothing is free are left out. @throws NotInitializedError */
export async function availableResources(): Promise<Record<string, number>> {
  return (await ask("availableResources()", (state) => state.resources())).available;
}

/** What ran where and when, as Chrome trace events (chrome://tracing, Perfetto); written to `path` if given. */
export async function timeline(path?: string): Promise<TraceEvent[]> {
  const events = (await ask("timeline()", (state) => state.timeline())) as TraceEvent[];
  if (path !== undefined) await writeFile(path, JSON.stringify(events));
  return events;
}

async function ask<T>(operation: string, question: (state: Remote<StateContract>) => Promise<T>): Promise<T> {
  await neverInShadow();
  const at = currentSession();
  if (at === undefined) throw new NotInitializedError({ operation });
  return await awaiting(question(remoteContract<StateContract>(at.caller.kernel, HEAD_PLACE, ActorNumber.state)));
}
