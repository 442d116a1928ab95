import type { WSContext } from "hono/ws";
import type { ByteSocket } from "../../net/mod.ts";

/** The runtimes name what has yet to be sent in two ways. */
interface RawSocket {
  readonly bufferedAmount?: number;
  getBufferedAmount?(): number;
}

/** A socket that this side has accepted. */
export function byteSocket(socket: WSContext): ByteSocket {
  const raw = socket.raw as RawSocket;
  return {
    send: (message) => socket.send(message),
    buffered: () => raw.getBufferedAmount?.() ?? raw.bufferedAmount ?? 0,
    close: (code, reason) => socket.close(code, reason),
  };
}
