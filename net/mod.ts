/** Bytes between places: codec, frames and links. Knows nothing of tasks, actors or objects. */
export * from "./codec/mod.ts";
export type { Attachment, Frame, Link, LinkEvents } from "./link.ts";
export { messagePortLink } from "./message_port_link.ts";
