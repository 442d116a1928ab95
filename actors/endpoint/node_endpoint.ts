import { readFileSync } from "node:fs";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Frame, Link, LinkEvents, WebSocketLink } from "../../net/mod.ts";
import { type Clock, type NodeNumber, nodeOf } from "../../runtime/kernel/mod.ts";
import { platform, type WebRuntime, type WebServer } from "../../runtime/platform/mod.ts";
import {
  ASK_PATH,
  authorityOf,
  HEALTH_PATH,
  hostForOthers,
  hostForSelf,
  isLoopback,
  JOIN_PATH,
  LINK_PATH,
  NODE_HEADER,
  NODES_PATH,
  PROTOCOL_HEADER,
  PROTOCOL_VERSION,
  TO_HEADER,
} from "../protocol/mod.ts";
import { answerOf, Door } from "./door.ts";
import { Gatekeeper } from "./gatekeeper.ts";
import { ENDPOINT_LIMITS, type EndpointLimits } from "./limits.ts";
import type { SocketPeer } from "./socket_links.ts";

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
  readonly limits?: Partial<EndpointLimits>;
  log(text: string): void;
}

/** What the endpoint asks of its node. */
export interface EndpointPeer {
  /** Whether this is the node of that number. */
  isNode(node: NodeNumber): boolean;
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
  /** Where other nodes find it. */
  readonly url: string;
  readonly #peer: EndpointPeer;
  readonly #limits: EndpointLimits;
  readonly #server: WebServer;
  readonly #gate: Gatekeeper;
  readonly #door: Door;

  /** @throws RangeError when it is to listen beyond loopback without a token */
  static async open(peer: EndpointPeer, options: NodeEndpointOptions): Promise<NodeEndpoint> {
    if (options.token === undefined && !isLoopback(options.host)) {
      throw new RangeError(`a node that listens on ${options.host}, beyond loopback, needs a token: \`mobula start --head\` makes one`);
    }
    return new NodeEndpoint(peer, await platform.web(), options);
  }

  private constructor(peer: EndpointPeer, web: WebRuntime, options: NodeEndpointOptions) {
    const { host, token, tls, clock, log } = options;
    this.#peer = peer;
    this.#limits = { ...ENDPOINT_LIMITS, ...options.limits };
    this.#server = web.serve(this.#app().fetch as never, {
      hostname: host,
      port: options.port,
      messageBytes: this.#limits.messageBytes,
      idleSeconds: Math.ceil(this.#limits.silentMs / 1000),
      ...(tls === undefined ? {} : { tls: { cert: readPem(tls.cert), key: readPem(tls.key) } }),
    });
    const { port } = this.#server;
    this.url = `${tls === undefined ? "ws" : "wss"}://${authorityOf(hostForOthers(host), port)}`;
    const hosts = isLoopback(host) ? [hostForSelf(host), "localhost", "127.0.0.1", "::1"].map((each) => authorityOf(each, port)) : undefined;
    this.#gate = new Gatekeeper({ clock, token, hosts, version: PROTOCOL_VERSION, limits: this.#limits, log });
    this.#door = new Door({ web, gate: this.#gate, clock, limits: this.#limits });
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #app(): Hono {
    const peer = this.#peer;
    const app = new Hono();
    app.get(HEALTH_PATH, (context) => context.text("ok"));
    app.use("/v1/*", async (context, next) => this.#guard(context) ?? (await next()));
    app.post(JOIN_PATH, (context) => this.#answer(context, () => peer.admit()));
    app.get(NODES_PATH, (context) => this.#answer(context, () => peer.nodes()));
    const onError = (context: Context): Response =>
      this.#door.refuse(context, { status: 413, text: `a question has at most ${this.#limits.bodyBytes} bytes` });
    app.post(ASK_PATH, bodyLimit({ maxSize: this.#limits.bodyBytes, onError }), (context) =>
      this.#answer(context, async () => peer.ask(await context.req.json())),
    );
    app.get(LINK_PATH, (context) => this.#accept(context));
    app.onError((error, context) => this.#door.refuse(context, { status: 500, text: `the request failed: ${error.message}` }));
    return app;
  }

  #guard(context: Context): Response | undefined {
    const { req } = context;
    const refusal = this.#gate.refuses({
      ...this.#door.senderOf(context),
      authorization: req.header("authorization"),
      version: req.header(PROTOCOL_HEADER),
    });
    if (refusal !== undefined) return answerOf(context, refusal);
    this.#door.letIn(context);
    return undefined;
  }

  async #answer({ json, text }: Context, ask: () => unknown): Promise<Response> {
    try {
      return json((await ask()) as object);
    } catch (error) {
      return text((error as Error).message, 409);
    }
  }

  async #accept(context: Context): Promise<Response> {
    const node = Number(context.req.header(NODE_HEADER));
    const unfit = this.#door.refusesLink(context);
    if (unfit !== undefined) return this.#door.refuse(context, unfit);
    if (!Number.isSafeInteger(node) || node < 1) {
      return this.#door.refuse(context, { status: 400, text: `${NODE_HEADER} must be the number of a node` });
    }
    const to = Number(context.req.header(TO_HEADER) ?? Number.NaN);
    if (!Number.isNaN(to) && !this.#peer.isNode(to)) return context.text(`this is not node ${to}, or not any more`, 410);
    return await this.#door.open(context, this.#nodeBehind(node, this.#door.senderOf(context).remote), this.#limits);
  }

  #nodeBehind(node: NodeNumber, remote: string): SocketPeer {
    return {
      opened: (link: WebSocketLink) => {
        const events = this.#peer.connected(node, link);
        const onFrame = (frame: Frame): void => {
          // A node speaks for its own places alone.
          if (nodeOf(frame.from) === node) events.onFrame(frame);
          else link.refuse(`it sent a frame in the name of node ${nodeOf(frame.from)}`);
        };
        return { onFrame, onClose: (reason) => events.onClose?.(reason) };
      },
      refused: (reason) => this.#gate.note(remote, { kind: `node ${node}`, text: `closed the link of node ${node} from ${remote}: ${reason}` }),
    };
  }
}

function readPem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new RangeError(`the PEM file ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
