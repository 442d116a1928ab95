/** The driver's part: starting a node in this process and ending it. */
export { init, type Context, currentHost, shutdown } from "./init.ts";
