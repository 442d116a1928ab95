/** What processes say to each other before there is a link: where and how to connect, and what a refusal means. */
export { authorityOf, holderOf, hostForOthers, hostForSelf, isLoopback } from "./address.ts";
export {
  ASK_PATH,
  credentials,
  HEALTH_PATH,
  JOIN_PATH,
  LINK_PATH,
  NODE_HEADER,
  NODES_PATH,
  PROTOCOL_HEADER,
  PROTOCOL_VERSION,
  RECEIPTS_HEADER,
  receiptsWanted,
  TO_HEADER,
} from "./http.ts";
export { type JoinOptions, joinNode } from "./join_node.ts";
export { JOIN_VARIABLE, type ProcessJoin } from "./process_join.ts";
export { refusalOf } from "./refusal.ts";
export { unreachable } from "./unreachable.ts";
