import { AuthenticationError, ProtocolError } from "../../runtime/errors/mod.ts";

/** What an answer's status means for who asked; nothing when it was let in. */
export function refusalOf(status: number, { url, text }: { url: string; text: string }): Error | undefined {
  if (status === 401 || status === 403 || status === 429) return new AuthenticationError({ address: url, reason: text });
  if (status === 426) return new ProtocolError({ reason: text, peer: url });
  return undefined;
}
