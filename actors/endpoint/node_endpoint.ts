import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { type Context, Hono } from "hono";
import type { WSContext } from "hono/ws";
import { type Link, type LinkEvents, WebSocketLink } from "../../net/mod.ts";
import { type Clock, type NodeNumber, nodeOf } from "../../runtime/kernel/mod.ts";
import { platform, type WebRuntime, type WebServer } from "../../runtime/platform/mod.ts";
import { ASK_PATH, HEALTH_PATH, JOIN_PATH, LINK_PATH, NODE_HEADER, NODES_PATH, PROTOCOL_HEADER, PROTOCOL_VERSION } from "../protocol/mod.ts";
import { Gatekeeper } from "./gatekeeper.ts";
import { byteSocket } from "./hono_socket.ts";
import { ENDPOINT_LIMITS, type EndpointLimits } from "./limits.ts";

/** Where a node listens for others, and whom it lets in. */
export interface NodeEndpointOptions {
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
  /** The cluster's. Needed beyond loopback. */
  readonly token: string | undefined;
  /** Paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly clock: Clock;
  /** Bytes of one large value's part, at most. */
  readonly limits?: Partial<EndpointLimits>;
  log(text: string): void;
}

/** What the endpoint asks of its node. */
export interface EndpointPeer {
  /** A node has opened a link. Returns what its frames go to. */
  connected(node: NodeNumber, link: Link): LinkEvents;
  /** A number for a node that is about to join. @throws when this is not the head */
  admit(): Promise<{ node: NodeNumber; nodeId: string }>;
  /** The nodes as the head knows them. @throws when this is not the head */
  nodes(): unknown;
  /** The head's answer to a question from outside the cluster. @throws when this is not the head, or cannot be answered */
  ask(question: unknown): Promise<unknown>;
}

/**
 * Where a node of a cluster listens: a web server for other nodes' links, for those that join, and for whoever asks
 * whether it is up. Everything but that last question needs the cluster's token and the right protocol; web pages are
 * turned away by their `Origin`, and on loopback by a `Host` that is not this machine's.
 */
export class NodeEndpoint {
  readonly url: string;
  readonly #peer: EndpointPeer;
  readonly #options: NodeEndpointOptions;
  readonly #limits: EndpointLimits;
  readonly #web: WebRuntime;
  readonly #server: WebServer;
  #gate: Gatekeeper;
  #connections = 0;

  /** @throws RangeError when it is to listen beyond loopback without a token */
  static async open(peer: EndpointPeer, options: NodeEndpointOptions): Promise<NodeEndpoint> {
    if (options.token === undefined && !isLoopback(options.host)) {
      throw new RangeError(`a node that listens on ${options.host}, beyond loopback, needs a token: \`mobula start --head\` makes one`);
    }
    return new NodeEndpoint(peer, await platform.web(), options);
  }

  private constructor(peer: EndpointPeer, web: WebRuntime, options: NodeEndpointOptions) {
    const { host, port, tls } = options;
    this.#peer = peer;
    this.#web = web;
    this.#options = options;
    this.#limits = { ...ENDPOINT_LIMITS, ...options.limits };
    const app = new Hono();
    app.get(HEALTH_PATH, (context) => context.text("ok"));
    app.use("/v1/*", async (context, next) => this.#guard(context) ?? (await next()));
    app.post(JOIN_PATH, (context) => this.#answer(context, () => peer.admit()));
    app.get(NODES_PATH, (context) => this.#answer(context, () => peer.nodes()));
    app.post(ASK_PATH, (context) => this.#answer(context, async () => peer.ask(await context.req.json())));
    app.get(LINK_PATH, (context, next) => this.#accept(context, next));
    this.#server = web.serve(app.fetch as never, {
      hostname: host,
      port,
      messageBytes: this.#limits.messageBytes,
      ...(tls === undefined ? {} : { tls: { cert: readPem(tls.cert), key: readPem(tls.key) } }),
    });
    const shown = reachable(host);
    const authority = `${isIP(shown) === 6 ? `[${shown}]` : shown}:${this.#server.port}`;
    this.url = `${tls === undefined ? "ws" : "wss"}://${authority}`;
    this.#gate = this.#gatekeeper(authority);
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #gatekeeper(authority: string): Gatekeeper {
    const { token, host, clock, log } = this.#options;
    const { port } = this.#server;
    const hosts = isLoopback(host) ? [authority, `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`] : undefined;
    return new Gatekeeper({ clock, token, hosts, version: PROTOCOL_VERSION, limits: this.#limits, log });
  }

  #guard({ req, env, text }: Context): Response | undefined {
    const refusal = this.#gate.refuses({
      host: req.header("host"),
      origin: req.header("origin"),
      authorization: req.header("authorization"),
      version: req.header(PROTOCOL_HEADER),
      remote: this.#web.remoteAddress(req.raw, env),
    });
    return refusal && text(refusal.text, refusal.status);
  }

  async #answer({ json, text }: Context, ask: () => unknown): Promise<Response> {
    try {
      return json((await ask()) as object);
    } catch (error) {
      return text((error as Error).message, 409);
    }
  }

  async #accept(context: Context, next: () => Promise<void>): Promise<Response> {
    const { req } = context;
    const node = Number(req.header(NODE_HEADER));
    if (req.header("upgrade")?.toLowerCase() !== "websocket") return context.text("a WebSocket is expected", 426);
    if (!Number.isSafeInteger(node) || node < 1) return context.text(`${NODE_HEADER} must be the number of a node`, 400);
    if (this.#connections >= this.#limits.connections) return context.text("too many connections", 503);
    return (await this.#web.upgradeWebSocket(() => this.#link(node), { idleTimeout: 0 })(context, next)) ?? context.text("no WebSocket", 500);
  }

  /** The handlers of an admitted node's socket. */
  #link(node: NodeNumber): {
    onOpen(event: Event, socket: WSContext): void;
    onMessage(event: MessageEvent): void;
    onClose(event: CloseEvent): void;
  } {
    let link: WebSocketLink | undefined;
    let events: LinkEvents | undefined;
    const { clock, log } = this.#options;
    return {
      onOpen: (_event, socket) => {
        this.#connections++;
        const made: WebSocketLink = new WebSocketLink(
          byteSocket(socket),
          {
            onFrame: (frame) => {
              // A node speaks for its own places alone.
              if (nodeOf(frame.from) === node) events?.onFrame(frame);
              else {
                log(`closed the link of node ${node}: it sent a frame in the name of node ${nodeOf(frame.from)}`);
                made.close();
              }
            },
            onClose: (reason) => events?.onClose?.(reason),
          },
          { limits: this.#limits, later: (action) => void clock.after(1, action) },
        );
        link = made;
        events = this.#peer.connected(node, made);
      },
      onMessage: ({ data }) => link?.received(data),
      onClose: ({ code, reason }) => {
        this.#connections--;
        link?.ended(reason || `its socket was closed with code ${code}`);
      },
    };
  }
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The address to tell others: one of this machine's, where it listens at all of them. */
function reachable(host: string): string {
  if (host !== "0.0.0.0" && host !== "::") return host;
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return addresses.find(({ internal, family }) => !internal && family === "IPv4")?.address ?? "127.0.0.1";
}

function readPem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new RangeError(`the PEM file ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
