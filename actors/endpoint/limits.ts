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
  /** Sockets open at a time. */
  readonly connections: number;
  /** How long a token is good for: the time that a child may take from its start to its connection. */
  readonly unauthenticatedMs: number;
  /**
   * How long who has not been let in yet may keep a connection open, rounded up to whole seconds. Bun ends such
   * connections; Deno does not, there only the process's open files bound them.
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
