import { type Context, Hono } from "hono";
import type { WebSocketLink } from "../../net/mod.ts";
import type { Clock, Kernel, PlaceId } from "../../runtime/kernel/mod.ts";
import { platform, type WebRuntime, type WebServer } from "../../runtime/platform/mod.ts";
import { authorityOf, PROTOCOL_VERSION } from "../protocol/mod.ts";
import { Admissions } from "./admissions.ts";
import { bearerToken } from "./digest.ts";
import { answerOf, Door } from "./door.ts";
import { Gatekeeper, WRONG_TOKEN } from "./gatekeeper.ts";
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
  limits?: Partial<EndpointLimits>;
  log(text: string): void;
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
  readonly #limits: EndpointLimits;
  readonly #server: WebServer;
  readonly #admissions: Admissions;
  readonly #gate: Gatekeeper;
  readonly #door: Door;

  static async open(node: EndpointNode, options: ProcessEndpointOptions): Promise<ProcessEndpoint> {
    return new ProcessEndpoint(node, await platform.web(), options);
  }

  private constructor(node: EndpointNode, web: WebRuntime, options: ProcessEndpointOptions) {
    const { clock, log, attachmentBytes } = options;
    this.#node = node;
    this.#limits = { ...ENDPOINT_LIMITS, ...options.limits, attachmentBytes };
    this.#admissions = new Admissions(clock, this.#limits.unauthenticatedMs);
    const app = new Hono();
    app.get(PATH, (context) => this.#accept(context));
    this.#server = web.serve(app.fetch as never, {
      hostname: LOOPBACK,
      port: 0,
      messageBytes: this.#limits.messageBytes,
      idleSeconds: Math.ceil(this.#limits.silentMs / 1000),
    });
    // Each process has a token of its own instead of the cluster's.
    const hosts = [authorityOf(LOOPBACK, this.port)];
    this.#gate = new Gatekeeper({ clock, token: undefined, hosts, version: PROTOCOL_VERSION, limits: this.#limits, log });
    this.#door = new Door({ web, gate: this.#gate, clock, limits: this.#limits });
  }

  get port(): number {
    return this.#server.port;
  }

  /** Lets one process in as `place`, once. */
  admit(place: PlaceId): Admitted {
    return { url: `ws://${authorityOf(LOOPBACK, this.port)}${PATH}`, token: this.#admissions.issue(place) };
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  async #accept(context: Context): Promise<Response> {
    const sender = this.#door.senderOf(context);
    const refusal = this.#gate.refusesSender(sender);
    if (refusal !== undefined) return answerOf(context, refusal);
    const unfit = this.#door.refusesLink(context);
    if (unfit !== undefined) return this.#door.refuse(context, unfit);
    const place = this.#admissions.redeem(bearerToken(context.req.header("authorization")));
    // Not counted: nobody guesses 256 bits, and all on this machine have one address, this node's processes too.
    if (place === undefined) return this.#door.refuse(context, WRONG_TOKEN);
    const { kernel } = this.#node;
    const peer = {
      opened: (link: WebSocketLink) => {
        this.#node.linkProcess(place, link);
        return {
          // A process speaks for itself alone, whatever it writes on its frames.
          onFrame: (frame: Parameters<Kernel["receive"]>[0]) => kernel.receive({ ...frame, from: place }),
          onClose: (reason: string) => this.#node.processUnlinked(place, reason),
        };
      },
      refused: (reason: string) =>
        this.#gate.note(sender.remote, { kind: `place ${place}`, text: `closed the link of the process at place ${place}: ${reason}` }),
    };
    return await this.#door.open(context, peer, this.#limits);
  }
}
