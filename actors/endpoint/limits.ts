import { PIECE_BYTES } from "../../net/mod.ts";

/** What the endpoint lets in, at most. */
export interface EndpointLimits {
  /** Bytes of one message on a socket. */
  readonly messageBytes: number;
  /** Bytes of one frame, without what travels beside it. */
  readonly frameBytes: number;
  /** What travels beside one frame. */
  readonly attachments: number;
  /** Sockets open at a time. */
  readonly connections: number;
  /** How long a token is good for: the time that a child may take from its start to its connection. */
  readonly unauthenticatedMs: number;
  /** Bytes of one buffer that travels beside a frame. */
  readonly attachmentBytes: number;
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
  connections: 1_000,
  unauthenticatedMs: 30_000,
  attachmentBytes: 64 * 1024 * 1024 * 1024,
  failedAttempts: 20,
  failedAttemptsMs: 60_000,
  watchedAddresses: 10_000,
};
