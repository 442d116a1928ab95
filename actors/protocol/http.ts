import { platform } from "../../runtime/platform/mod.ts";

/** The protocol between nodes. A peer of another major version is refused. */
export const PROTOCOL_VERSION = "1.0";
export const PROTOCOL_HEADER = "mobula-protocol";
/** Which node opens a link. */
export const NODE_HEADER = "mobula-node";
/** Which node it is to: another may listen where that one did. */
export const TO_HEADER = "mobula-to";

/** Sent with the request for a link by those whose runtime keeps small messages back: see `WebSocketLinkOptions.receipts`. */
export const RECEIPTS_HEADER = "mobula-receipts";

/** Where a node asks the head for its number. */
export const JOIN_PATH = "/v1/join";
/** Where the head tells which nodes there are. */
export const NODES_PATH = "/v1/nodes";
/** Where those who are no part of the cluster ask the head. */
export const ASK_PATH = "/v1/ask";
/** Where nodes open links to each other. */
export const LINK_PATH = "/v1/node";
/** Whether the node is up: no token, no details. */
export const HEALTH_PATH = "/healthz";

/** What goes with a request for a link, beside what lets it in. */
export function receiptsWanted(): Record<string, string> {
  return platform.holdsSmallMessages ? { [RECEIPTS_HEADER]: "1" } : {};
}

/** What goes with every request to a node. */
export function credentials(token: string | undefined): Record<string, string> {
  return { [PROTOCOL_HEADER]: PROTOCOL_VERSION, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
}
