import { type Link, type LinkEvents, WebSocketLink } from "../../net/mod.ts";
import { ClusterUnavailableError } from "../../runtime/errors/mod.ts";
import type { Clock, NodeNumber } from "../../runtime/kernel/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { credentials, LINK_PATH, NODE_HEADER, NODES_PATH, receiptsWanted, refusalOf, TO_HEADER, unreachable } from "../protocol/mod.ts";
import { ENDPOINT_LIMITS, type EndpointLimits } from "./limits.ts";
import { takesAtOnce } from "./socket_links.ts";

export interface DialOptions {
  /** The other node: `ws://host:port`. */
  readonly url: string;
  /** The node that dials. */
  readonly node: NodeNumber;
  /** The other node's number: another that listens there now takes no link. Default: whichever it is. */
  readonly to?: NodeNumber;
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly events: LinkEvents;
  readonly limits?: Partial<EndpointLimits>;
}

/**
 * Opens a link to another node.
 *
 * @throws AuthenticationError, ProtocolError when it refuses; ClusterUnavailableError when it does not answer in time
 */
export function dialNode(options: DialOptions): Promise<Link> {
  const { url, node, to, token, clock, events } = options;
  const limits: EndpointLimits = { ...ENDPOINT_LIMITS, ...options.limits };
  // Both runtimes take headers here, which web pages cannot give.
  const headers = { ...credentials(token), [NODE_HEADER]: String(node), ...(to !== undefined && { [TO_HEADER]: String(to) }), ...receiptsWanted() };
  const socket = new WebSocket(`${url}${LINK_PATH}`, { headers } as unknown as string[]);
  socket.binaryType = "arraybuffer";
  return new Promise((resolve, reject) => {
    let link: WebSocketLink | undefined;
    const asking = new AbortController();
    const cancel = clock.after(limits.dialMs, () => {
      const late = new ClusterUnavailableError({ address: url, reason: `it took no link within ${limits.dialMs / 1000} s` });
      asking.abort(late);
      reject(late);
      socket.close();
    });
    socket.addEventListener("open", () => {
      cancel();
      link = new WebSocketLink(
        {
          send: (message) => socket.send(message as Uint8Array<ArrayBuffer>),
          buffered: () => socket.bufferedAmount,
          close: (code, reason) => socket.close(code, reason),
        },
        events,
        { limits, holds: platform.holdsSmallMessages, lends: takesAtOnce, later: (action) => void clock.after(1, action) },
      );
      resolve(link);
    });
    socket.addEventListener("message", ({ data }) => link?.received(data));
    socket.addEventListener("close", ({ code, reason }) => {
      if (link !== undefined) link.ended(reason || `the socket was closed with code ${code}`);
      else if (!asking.signal.aborted) void whyNot(url, { token, signal: asking.signal }).then(reject).finally(cancel);
    });
  });
}

/** A socket that does not open says nothing of the reason: a plain request does. */
async function whyNot(url: string, { token, signal }: { token: string | undefined; signal: AbortSignal }): Promise<Error> {
  try {
    const response = await fetch(`${url.replace(/^ws/, "http")}${NODES_PATH}`, { headers: credentials(token), signal });
    return (
      refusalOf(response.status, { url, text: await response.text() }) ?? new ClusterUnavailableError({ address: url, reason: "it takes no links" })
    );
  } catch (cause) {
    return unreachable(url, cause);
  }
}
