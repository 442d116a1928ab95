import { connect, type Socket } from "node:net";
import { dialNode, NodeEndpoint, type NodeEndpointOptions, ProcessEndpoint } from "../../../actors/endpoint/mod.ts";
import { credentials } from "../../../actors/protocol/mod.ts";
import type { Frame, Link } from "../../../net/mod.ts";
import { Kernel, systemClock } from "../../../runtime/kernel/mod.ts";
import { faultWire } from "../../../runtime/values/mod.ts";

export const TOKEN: string = "b".repeat(64);

/** What is closed after each test. */
const opened: { close(): unknown }[] = [];

export async function closeAll(): Promise<void> {
  for (const each of opened.splice(0).reverse()) await each.close();
}

export interface Listening {
  readonly endpoint: NodeEndpoint;
  /** What came on its links, and those links; why links ended. */
  readonly frames: Frame[];
  readonly links: Link[];
  readonly closed: string[];
  readonly logged: string[];
  readonly questions: unknown[];
  readonly http: string;
}

/** A node's endpoint alone: what comes to it is kept. */
export async function listen(
  options: Partial<NodeEndpointOptions> & { onFrame?(frame: Frame): void; ask?(): Promise<unknown> } = {},
): Promise<Listening> {
  const frames: Frame[] = [];
  const links: Link[] = [];
  const closed: string[] = [];
  const logged: string[] = [];
  const questions: unknown[] = [];
  const endpoint = await NodeEndpoint.open(
    {
      isNode: (to) => to === 1,
      connected: (_node, link) => {
        links.push(link);
        return { onFrame: options.onFrame ?? ((frame) => frames.push(frame)), onClose: (reason) => closed.push(reason) };
      },
      admit: async () => ({ node: 7, nodeId: "head" }),
      nodes: () => [{ nodeId: "head", alive: true }],
      ask: async (question) => {
        questions.push(question);
        return options.ask === undefined ? question : await options.ask();
      },
    },
    { host: "127.0.0.1", port: 0, token: TOKEN, clock: systemClock, log: (text) => logged.push(text), ...options },
  );
  opened.push(endpoint);
  return { endpoint, frames, links, closed, logged, questions, http: endpoint.url.replace(/^ws/, "http") };
}

/** The endpoint for a node's own processes. */
export async function listenForProcesses(): Promise<Pick<Listening, "frames" | "logged"> & { endpoint: ProcessEndpoint; lost: string[] }> {
  const logged: string[] = [];
  const frames: Frame[] = [];
  const kernel = new Kernel({ place: 0, faults: faultWire });
  kernel.receive = (frame) => void frames.push(frame);
  const lost: string[] = [];
  const endpoint = await ProcessEndpoint.open(
    { kernel, linkProcess: () => {}, processUnlinked: (_place, reason) => void lost.push(reason) },
    { clock: systemClock, attachmentBytes: 1_000_000, log: (text) => logged.push(text) },
  );
  opened.push(endpoint);
  return { endpoint, frames, lost, logged };
}

export interface Dialling {
  readonly node?: number;
  readonly token?: string | null;
  onFrame?(frame: Frame): void;
}

/** A link of another node. */
export async function dial(
  url: string,
  { node = 2, token = TOKEN, onFrame = () => {} }: Dialling = {},
): Promise<{ link: Link; closed: Promise<string> }> {
  const closed = Promise.withResolvers<string>();
  const link = await dialNode({ url, node, token: token ?? undefined, clock: systemClock, events: { onFrame, onClose: closed.resolve } });
  opened.push(link);
  return { link, closed: closed.promise };
}

/** A WebSocket with these headers, whatever becomes of it. */
export function socketTo(url: string, headers: Record<string, string>): { socket: WebSocket; opened: Promise<boolean>; closed: Promise<number> } {
  const socket = new WebSocket(url, { headers } as unknown as string[]);
  socket.binaryType = "arraybuffer";
  const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
  const open = new Promise<boolean>((resolve) => socket.addEventListener("open", () => resolve(true)));
  opened.push({ close: () => socket.close() });
  return { socket, closed, opened: Promise.race([open, closed.then(() => false)]) };
}

/** The headers of node 3, that has the token. */
export const asNode = (node = 3): Record<string, string> => ({ ...credentials(TOKEN), "mobula-node": String(node) });

/** A connection on which nothing is said. */
export function silent(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket));
    socket.once("error", reject);
    socket.resume();
  });
}

export const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "let in",
    (error) => (error as { code: string }).code,
  );
