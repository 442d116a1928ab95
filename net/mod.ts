/** Bytes between places: codec, frames and links. Knows nothing of tasks, actors or objects. */
export * from "./codec/mod.ts";
export { FrameAssembler, FrameFault, type FrameLimits, type Lends, PIECE_BYTES, piecesOf } from "./frame_stream.ts";
export type { Attachment, Frame, Link, LinkEvents } from "./link.ts";
export { messagePortLink, releasePortsRepeatedly } from "./message_port_link.ts";
export { POOLED_BYTES, SharedPool, sharedPool } from "./shared_pool.ts";
export { isBulk, releaseFrame, Slice } from "./slice.ts";
export { type ByteSocket, WebSocketLink, type WebSocketLinkOptions } from "./websocket_link.ts";
