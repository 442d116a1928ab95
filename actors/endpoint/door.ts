import type { Context } from "hono";
import type { FrameLimits } from "../../net/mod.ts";
import type { Clock } from "../../runtime/kernel/mod.ts";
import type { WebRuntime } from "../../runtime/platform/mod.ts";
import { RECEIPTS_HEADER } from "../protocol/mod.ts";
import type { Gatekeeper, Refusal, Sender } from "./gatekeeper.ts";
import type { EndpointLimits } from "./limits.ts";
import { SocketLinks, type SocketPeer } from "./socket_links.ts";

export interface DoorOptions {
  web: WebRuntime;
  gate: Gatekeeper;
  clock: Clock;
  limits: EndpointLimits;
}

/** How requests come in: who sends them, how a refusal is said, and how a request becomes a link. */
export class Door {
  readonly #web: WebRuntime;
  readonly #gate: Gatekeeper;
  readonly #links: SocketLinks;

  constructor({ web, gate, clock, limits }: DoorOptions) {
    this.#web = web;
    this.#gate = gate;
    this.#links = new SocketLinks(web, clock, limits.connections);
  }

  senderOf({ req, env }: Context): Sender {
    // HTTP/2, which Deno speaks over TLS, has the host in another place.
    return { host: req.header("host") ?? new URL(req.url).host, origin: req.header("origin"), remote: this.#web.remoteAddress(req.raw, env) };
  }

  letIn({ req, env }: Context): void {
    this.#web.letIn(req.raw, env);
  }

  /** Refuses a request, and notes it. */
  refuse(context: Context, refusal: Refusal): Response {
    return answerOf(context, this.#gate.refuse(this.senderOf(context).remote, refusal));
  }

  /** Nothing when the request may become a link, as far as that does not depend on its sender. */
  refusesLink({ req }: Context): Refusal | undefined {
    if (req.header("upgrade")?.toLowerCase() !== "websocket") return { status: 426, text: "a WebSocket is expected" };
    if (this.#links.full) return { status: 503, text: "too many connections" };
    return undefined;
  }

  /** Makes a link of a request whose sender was let in. */
  async open(context: Context, peer: SocketPeer, limits: FrameLimits): Promise<Response> {
    const upgrade = this.#web.upgradeWebSocket(
      () => this.#links.events(peer, { limits, receipts: context.req.header(RECEIPTS_HEADER) !== undefined }),
      { idleTimeout: 0 },
    );
    try {
      const response = await upgrade(context, async () => {});
      if (response instanceof Response) return response;
    } catch {}
    return this.refuse(context, { status: 400, text: "the WebSocket's handshake is not valid" });
  }
}

/** A refusal as it is sent. */
export function answerOf({ text }: Context, { status, text: reason }: Refusal): Response {
  return text(reason, status);
}
