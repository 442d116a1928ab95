import { credentials, NODES_PATH } from "../actors/protocol/mod.ts";

/** The ids of the nodes that the head at `address` knows to be alive; none while it does not answer. */
export async function connectedNodes(address: string, token: string): Promise<ReadonlySet<string>> {
  const response = await fetch(`${address.replace(/^ws/, "http")}${NODES_PATH}`, { headers: credentials(token) });
  if (!response.ok) throw new Error(`the head answered ${response.status}: ${await response.text()}`);
  const nodes = (await response.json()) as readonly { readonly nodeId: string; readonly alive: boolean }[];
  return new Set(nodes.filter(({ alive }) => alive).map(({ nodeId }) => nodeId));
}
