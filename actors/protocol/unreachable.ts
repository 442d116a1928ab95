import { ClusterUnavailableError } from "../../runtime/errors/mod.ts";

/** What a request that got no answer means for who asked. */
export function unreachable(url: string, cause: unknown): ClusterUnavailableError {
  const text = innermost(cause);
  const reason = /certificate|issuer/i.test(text)
    ? `${text}. Have this process trust the authority that signed it: start it with NODE_EXTRA_CA_CERTS=FILE. A certificate must name the address that is dialled`
    : text;
  return new ClusterUnavailableError({ address: url, reason, cause });
}

/** Deno tells only there what went wrong. */
function innermost(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? innermost(error.cause) : error.message;
}
