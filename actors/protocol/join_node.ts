import { type ByteSocket, type FrameLimits, WebSocketLink } from "../../net/mod.ts";
import { type Kernel, systemClock } from "../../runtime/kernel/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { receiptsWanted } from "./http.ts";

/** A child trusts its node. */
const LIMITS: FrameLimits = {
  frameBytes: Number.MAX_SAFE_INTEGER,
  attachmentBytes: Number.MAX_SAFE_INTEGER,
  attachments: Number.MAX_SAFE_INTEGER,
};

export interface JoinOptions {
  url: string;
  token: string;
  kernel: Kernel;
  /** The node is gone, or was never there. */
  onLost(reason: string): void;
}

/** A link to the node at `url`, by this process's own token. What is sent before it is open waits. */
export function joinNode(options: JoinOptions): WebSocketLink {
  const { url, token, kernel, onLost } = options;
  // Both runtimes take headers here, which web pages cannot give.
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}`, ...receiptsWanted() } } as unknown as string[]);
  socket.binaryType = "arraybuffer";
  const opened = new Promise<void>((resolve) => socket.addEventListener("open", () => resolve()));
  const byteSocket: ByteSocket = {
    send: (message) => socket.send(message as Uint8Array<ArrayBuffer>),
    buffered: () => (socket.readyState === WebSocket.CONNECTING ? Number.POSITIVE_INFINITY : socket.bufferedAmount),
    close: (code, reason) => socket.close(code, reason),
  };
  const link = new WebSocketLink(
    byteSocket,
    { onFrame: (frame) => kernel.receive(frame), onClose: onLost },
    {
      limits: LIMITS,
      holds: platform.holdsSmallMessages,
      later: (action) => void (socket.readyState === WebSocket.CONNECTING ? opened.then(action) : systemClock.after(1, action)),
    },
  );
  socket.addEventListener("message", (event) => link.received(event.data));
  socket.addEventListener("close", (event) => link.ended(event.reason || `the socket was closed with code ${event.code}`));
  return link;
}
