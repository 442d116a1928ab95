import { PIECE_BYTES } from "../../net/mod.ts";

/** What the endpoint lets in, at most. */
export interface EndpointLimits {
  /** Bytes of one message on a socket. */
  readonly messageBytes: number;
  /** Bytes of one frame, without what travels beside it. */
  readonly frameBytes: number;
  /** What travels beside one frame. */
  readonly attachments: number;
  /** Bytes of one buffer that travels beside a frame. */
  readonly attachmentBytes: number;
  /** Bytes of a request's body. */
  readonly bodyBytes: number;
  /** Links open at a time: in a cluster of a thousand nodes the head has a thousand, and others may have as many. */
  readonly connections: number;
  /** How long a token is good for: the time that a child may take from its start to its connection. */
  readonly unauthenticatedMs: number;
  /**
   * How long who has not been let in yet may keep a connection open and say nothing. Bun ends such connections, a few
   * seconds later at the most (see `ServeOptions.idleSeconds`). Deno does not: there only the number of files that the
   * process may open bounds them.
   */
  readonly silentMs: number;
  /** How long another node may take to take a link. */
  readonly dialMs: number;
  /** Wrong tokens from one address before it is refused for a while. */
  readonly failedAttempts: number;
  /** That while. */
  readonly failedAttemptsMs: number;
  /** Addresses whose failures are remembered. */
  readonly watchedAddresses: number;
}

export const ENDPOINT_LIMITS: EndpointLimits = {
  messageBytes: PIECE_BYTES,
  frameBytes: 1024 * 1024 * 1024,
  attachments: 100_000,
  attachmentBytes: 64 * 1024 * 1024 * 1024,
  bodyBytes: 1024 * 1024,
  connections: 4_096,
  unauthenticatedMs: 30_000,
  silentMs: 10_000,
  dialMs: 10_000,
  failedAttempts: 20,
  failedAttemptsMs: 60_000,
  watchedAddresses: 10_000,
};
