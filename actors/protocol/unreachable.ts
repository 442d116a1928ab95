import { ClusterUnavailableError } from "../../runtime/errors/mod.ts";

/** What a request that got no answer means for who asked. */
export function unreachable(url: string, cause: unknown): ClusterUnavailableError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const reason = /certificate|issuer/i.test(text)
    ? `${text}. Have this process trust the authority that signed it: NODE_EXTRA_CA_CERTS=FILE for Bun, DENO_CERT=FILE for Deno; it must name the address that is dialled`
    : text;
  return new ClusterUnavailableError({ address: url, reason, cause });
}
