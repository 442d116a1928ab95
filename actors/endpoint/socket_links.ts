import type { WSContext, WSEvents } from "hono/ws";
import { type ByteSocket, type FrameLimits, type LinkEvents, WebSocketLink } from "../../net/mod.ts";
import { type Clock, type PlaceId, systemPlaceOf } from "../../runtime/kernel/mod.ts";
import type { WebRuntime } from "../../runtime/platform/mod.ts";

/** Whoever is behind a socket. */
export interface SocketPeer {
  /** Its link is open. Returns what the link's frames and its end go to. */
  opened(link: WebSocketLink): LinkEvents;
  /** It broke the rules, and its link is being closed. */
  refused(reason: string): void;
}

/** The socket's other end is told to come again later. */
const TRY_LATER = 1013;
/** The socket ended without a word of its other end. */
const ABNORMAL = 1006;
/** What Deno says of a socket whose other end is gone, by no fault of what it has sent. */
const GONE = /unexpected eof|connection (?:reset|aborted|closed)|broken pipe/i;

/** The links over the sockets that an endpoint has let in, so many at a time. */
export class SocketLinks {
  readonly #web: WebRuntime;
  readonly #clock: Clock;
  readonly #most: number;
  #open = 0;

  constructor(web: WebRuntime, clock: Clock, most: number) {
    this.#web = web;
    this.#clock = clock;
    this.#most = most;
  }

  get full(): boolean {
    return this.#open >= this.#most;
  }

  /** What a socket's events go to, from its opening on. */
  events(peer: SocketPeer, { limits, receipts }: { limits: FrameLimits; receipts: boolean }): WSEvents {
    let link: WebSocketLink | undefined;
    let events: LinkEvents | undefined;
    return {
      onOpen: (_event, socket) => {
        // Others may have come between the request and now.
        if (this.full) {
          socket.close(TRY_LATER, "too many connections");
          return;
        }
        this.#open++;
        link = new WebSocketLink(
          byteSocket(socket),
          { onFrame: (frame) => events?.onFrame(frame), onClose: (reason) => events?.onClose?.(reason) },
          { limits, receipts, lends: takesAtOnce, later: (action) => void this.#clock.after(1, action), refused: (reason) => peer.refused(reason) },
        );
        this.#web.onDrained(socket.raw as object, () => link?.drained());
        events = peer.opened(link);
      },
      onMessage: ({ data }) => link?.received(data),
      onError: (event) => {
        const reason = (event as ErrorEvent).message;
        if (GONE.test(reason)) link?.ended(reason);
        else if (reason) link?.refuse(reason);
      },
      onClose: ({ code, reason }) => {
        if (link === undefined) return;
        this.#open--;
        // That code never travels: a reason beside it is this side's own, for what the peer has sent.
        if (code === ABNORMAL && reason !== "") link.refuse(reason);
        else link.ended(reason || `its socket was closed with code ${code}`);
      },
    };
  }
}

/** Whether frames for the place are taken in where they arrive: by the node's own system worker. */
export function takesAtOnce(place: PlaceId): boolean {
  return systemPlaceOf(place) === place;
}

/** The runtimes name what has yet to be sent in two ways. */
interface RawSocket {
  readonly bufferedAmount?: number;
  getBufferedAmount?(): number;
}

/** A socket that this side has accepted. */
function byteSocket(socket: WSContext): ByteSocket {
  const raw = socket.raw as RawSocket;
  const isBun = raw.getBufferedAmount !== undefined;
  return {
    send: (message) => socket.send(message as Uint8Array<ArrayBuffer>),
    // Bun copies from shared memory too; the web's standard forbids that.
    takesShared: isBun,
    tellsDrained: isBun,
    buffered: () => raw.getBufferedAmount?.() ?? raw.bufferedAmount ?? 0,
    close: (code, reason) => socket.close(code, reason),
  };
}
