import type { Caller } from "../kernel/mod.ts";

/** What the head tells of the cluster: plain data for people and programs. */
export interface StateContract {
  /** All nodes, as `nodes()` gives them. */
  nodes(caller: Caller): Record<string, unknown>[];
  /** What all nodes offer together, and what of it is free. */
  resources(caller: Caller): { total: Record<string, number>; available: Record<string, number> };
  /** One row of a table by its id, or a listing. */
  state(caller: Caller, query: { kind: string; id?: string; limit?: number }): unknown;
  /** What ran when, as events of a Chrome trace. */
  timeline(caller: Caller): Promise<unknown[]> | unknown[];
}
