/** The nodes of this machine: starting one as a process of its own, finding them again, and the token between them. */
export { type AskHead, headOf, isHealthy } from "./ask_head.ts";
export { type DetachedNode, startDetachedNode } from "./detached_node.ts";
export { findCluster, findToken } from "./find_cluster.ts";
export { NODE_VARIABLE, type ReadyLine } from "./ready_line.ts";
export { makeSessionFolder, sessionsFolder, TEMP_DIR_VARIABLE } from "./session_folder.ts";
export { closeSession, crashedHead, isRunning, listSessions, type NodeSession, readSession, TABLES, writeSession } from "./session_record.ts";
export { makeToken, readToken, TOKEN_FILE_VARIABLE, TOKEN_VARIABLE } from "./token_file.ts";
