import { writeFile } from "node:fs/promises";
import type { NodeContract, SchedulerContract } from "../contracts/mod.ts";
import { NotInitializedError } from "../errors/mod.ts";
import { ActorNumber, type Remote, remoteContract, systemPlaceOf } from "../kernel/mod.ts";
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
  return (await ask("nodes()", (node) => node.nodes())) as unknown as NodeInfo[];
}

/** What all nodes offer together. @throws NotInitializedError */
export async function clusterResources(): Promise<Record<string, number>> {
  return await askScheduler("clusterResources()", (scheduler) => scheduler.totalResources());
}

/** What of it is free now; resources of which nothing is free are left out. @throws NotInitializedError */
export async function availableResources(): Promise<Record<string, number>> {
  return await askScheduler("availableResources()", (scheduler) => scheduler.availableResources());
}

/** What ran where and when, as Chrome trace events (chrome://tracing, Perfetto); written to `path` if given. */
export async function timeline(path?: string): Promise<TraceEvent[]> {
  const events = (await ask("timeline()", (node) => node.timeline())) as TraceEvent[];
  if (path !== undefined) await writeFile(path, JSON.stringify(events));
  return events;
}

async function ask<T>(operation: string, question: (node: Remote<NodeContract>) => Promise<T>): Promise<T> {
  const { kernel, system } = await connected(operation);
  return await awaiting(question(remoteContract<NodeContract>(kernel, system, ActorNumber.node)));
}

async function askScheduler<T>(operation: string, question: (scheduler: Remote<SchedulerContract>) => Promise<T>): Promise<T> {
  const { kernel, system } = await connected(operation);
  return await awaiting(question(remoteContract<SchedulerContract>(kernel, system, ActorNumber.localScheduler)));
}

async function connected(operation: string): Promise<{ kernel: NonNullable<ReturnType<typeof currentSession>>["caller"]["kernel"]; system: number }> {
  await neverInShadow();
  const at = currentSession();
  if (at === undefined) throw new NotInitializedError({ operation });
  return { kernel: at.caller.kernel, system: systemPlaceOf(at.caller.place) };
}
