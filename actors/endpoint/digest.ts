import { createHash, timingSafeEqual } from "node:crypto";

/** A token's digest: what is compared instead of tokens, for digests are of one length and tell nothing of the token. */
export type Digest = Uint8Array;

export function digestOf(token: string): Digest {
  return new Uint8Array(createHash("sha256").update(token).digest());
}

/** Takes as long whatever they are. */
export function areEqual(a: Digest, b: Digest): boolean {
  return timingSafeEqual(a, b);
}

/** The token in an `Authorization` header; empty when there is none. */
export function bearerToken(authorization: string | undefined): string {
  return /^Bearer ([0-9A-Za-z_-]{16,512})$/.exec(authorization ?? "")?.[1] ?? "";
}
