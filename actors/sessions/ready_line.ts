/** How a node's process is told what to be: the name of the variable in its environment. Never on a command line. */
export const NODE_VARIABLE = "MOBULA_NODE";

/** The first line of JSON that a node's process writes: it is up, or why not. */
export type ReadyLine = { readonly nodeId: string; readonly url: string; readonly pid: number } | { readonly error: string; readonly code: string };
