import type { ClusterStatus, NodeStatus } from "../runtime/contracts/mod.ts";
import { amountText, resourcesText, tableText } from "./table.ts";

type Amounts = Record<string, number>;

/** What the nodes have in all, and what of it is in use. */
export function totalsOf(nodes: readonly NodeStatus[]): { total: Amounts; used: Amounts } {
  const total: Amounts = {};
  const used: Amounts = {};
  for (const node of nodes.filter(({ driver }) => !driver)) {
    for (const [name, amount] of Object.entries(node.total)) {
      total[name] = sum(total[name], amount);
      used[name] = sum(used[name], amount - (node.available[name] ?? 0));
    }
  }
  return { total, used };
}

/** The cluster for people. */
export function statusText(address: string, { nodes, pending }: ClusterStatus): string {
  const workers = nodes.filter(({ driver }) => !driver);
  const drivers = nodes.length - workers.length;
  const { total, used } = totalsOf(nodes);
  const names = Object.keys(total);
  const usage = (all: Amounts, taken: (name: string) => number): string[] =>
    names.map((name) => (all[name] === undefined ? "-" : `${amountText(name, taken(name))} / ${amountText(name, all[name])}`));
  const rows = workers.map(({ nodeId, name, head, state, address: at, total: all, available }) => [
    name === undefined ? nodeId : `${nodeId} (${name})`,
    head ? "head" : "node",
    state,
    at,
    ...usage(all, (each) => sum(all[each], -(available[each] ?? 0))),
  ]);
  rows.push(["in all", "", "", "", ...usage(total, (each) => used[each] ?? 0)]);
  return [
    `${address}: ${count(workers.length, "node")}, ${count(drivers, "driver")}`,
    "",
    tableText(["NODE", "ROLE", "STATE", "ADDRESS", ...names], rows),
    "",
    pending.length === 0 ? "Nothing waits." : `What waits:\n${pending.map(pendingText).join("\n")}`,
  ].join("\n");
}

function pendingText({ kind, waiting, name, resources, nodeId, why }: ClusterStatus["pending"][number]): string {
  const what = kind === "task" ? name : `${kind} ${name}`;
  return `  ${waiting} × ${what} {${resourcesText(resources)}}${nodeId === undefined ? "" : ` of node ${nodeId}`}: ${why}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Amounts are finer than a number's last digits: 0.1 + 0.2 is 0.3. */
function sum(a = 0, b = 0): number {
  return Math.round((a + b) * 10_000) / 10_000;
}
