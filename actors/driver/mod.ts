/** The driver's part: starting a node in this process and ending it. */
export { type Context, currentHost, init, shutdown } from "./init.ts";
