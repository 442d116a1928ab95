import { type Context, Hono } from "hono";
import type { WSContext } from "hono/ws";
import { WebSocketLink } from "../../net/mod.ts";
import type { Clock, Kernel, PlaceId } from "../../runtime/kernel/mod.ts";
import { platform, type WebRuntime, type WebServer } from "../../runtime/platform/mod.ts";
import { Admissions } from "./admissions.ts";
import { byteSocket } from "./hono_socket.ts";
import { ENDPOINT_LIMITS, type EndpointLimits } from "./limits.ts";

const LOOPBACK = "127.0.0.1";
const PATH = "/place";

/** The node's side: it takes in the links of processes. */
export interface EndpointNode {
  readonly kernel: Kernel;
  linkProcess(place: PlaceId, link: WebSocketLink): void;
  /** The socket of a place is gone, though nobody here has closed it. */
  processUnlinked(place: PlaceId, reason: string): void;
}

export interface ProcessEndpointOptions {
  clock: Clock;
  /** Bytes of one large value, at most: no more than the node's store takes. */
  attachmentBytes: number;
  limits?: EndpointLimits;
}

/** What a child process is given to find its node. */
export interface Admitted {
  readonly url: string;
  readonly token: string;
}

/**
 * Where this node's child processes connect: a WebSocket server on a free port of the loopback address.
 *
 * Each process presents a token of its own in its first request. A web page can reach the port of a machine's
 * loopback, so that requests with an `Origin`, as browsers send, and those for another `Host` are turned away.
 */
export class ProcessEndpoint {
  readonly #node: EndpointNode;
  readonly #options: ProcessEndpointOptions;
  readonly #limits: EndpointLimits;
  readonly #web: WebRuntime;
  readonly #server: WebServer;
  readonly #admissions: Admissions;
  #connections = 0;

  static async open(node: EndpointNode, options: ProcessEndpointOptions): Promise<ProcessEndpoint> {
    return new ProcessEndpoint(node, await platform.web(), options);
  }

  constructor(node: EndpointNode, web: WebRuntime, options: ProcessEndpointOptions) {
    this.#node = node;
    this.#web = web;
    this.#options = options;
    this.#limits = options.limits ?? ENDPOINT_LIMITS;
    this.#admissions = new Admissions(options.clock, this.#limits.unauthenticatedMs);
    const app = new Hono();
    app.get(PATH, (context, next) => this.#accept(context, next));
    this.#server = web.serve(app.fetch as never, {
      hostname: LOOPBACK,
      port: 0,
      messageBytes: this.#limits.messageBytes,
    });
  }

  get port(): number {
    return this.#server.port;
  }

  /** Lets one process in as `place`, once. */
  admit(place: PlaceId): Admitted {
    return { url: `ws://${LOOPBACK}:${this.port}${PATH}`, token: this.#admissions.issue(place) };
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  async #accept(context: Context, next: () => Promise<void>): Promise<Response> {
    const { req } = context;
    if (req.header("host") !== `${LOOPBACK}:${this.port}` || req.header("origin") !== undefined) return context.text("not for web pages", 403);
    if (req.header("upgrade") !== "websocket") return context.text("a WebSocket is expected", 426);
    if (this.#connections >= this.#limits.connections) return context.text("too many connections", 503);
    const token = /^Bearer ([0-9a-f]{64})$/.exec(req.header("authorization") ?? "")?.[1];
    const place = token === undefined ? undefined : this.#admissions.redeem(token);
    if (place === undefined) return context.text("the token is not good, or not any more", 401);
    return (await this.#web.upgradeWebSocket(() => this.#link(place), { idleTimeout: 0 })(context, next)) ?? context.text("no WebSocket", 500);
  }

  /** The handlers of an admitted socket. */
  #link(place: PlaceId): {
    onOpen(event: Event, socket: WSContext): void;
    onMessage(event: MessageEvent): void;
    onClose(event: CloseEvent): void;
  } {
    let link: WebSocketLink | undefined;
    const { clock, attachmentBytes } = this.#options;
    const { kernel } = this.#node;
    const gone = (reason: string): void => this.#node.processUnlinked(place, reason);
    return {
      onOpen: (_event, socket) => {
        this.#connections++;
        link = new WebSocketLink(
          byteSocket(socket),
          // A process speaks for itself alone, whatever it writes on its frames.
          { onFrame: (frame) => kernel.receive({ ...frame, from: place }), onClose: gone },
          { limits: { ...this.#limits, attachmentBytes }, later: (action) => void clock.after(1, action) },
        );
        this.#node.linkProcess(place, link);
      },
      onMessage: ({ data }) => link?.received(data),
      onClose: ({ code, reason }) => {
        this.#connections--;
        link?.ended(reason || `its socket was closed with code ${code}`);
      },
    };
  }
}
