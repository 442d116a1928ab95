import { platform } from "../../runtime/platform/mod.ts";
import type { ListenOptions } from "../node/mod.ts";
import { isLoopback } from "../protocol/mod.ts";

const CERT_VARIABLE = "MOBULA_TLS_CERT";
const KEY_VARIABLE = "MOBULA_TLS_KEY";

/** The certificate for a driver's node, as the environment says. @throws RangeError when only half of it is there */
export function tlsOfEnvironment(): ListenOptions["tls"] {
  const [cert, key] = [platform.env(CERT_VARIABLE), platform.env(KEY_VARIABLE)];
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new RangeError(`${CERT_VARIABLE} and ${KEY_VARIABLE} go together: one of them is not set`);
  return { cert, key };
}

/**
 * Other nodes dial this one, and send the cluster's token: in a cluster that speaks TLS it has to as well, unless only
 * its own machine reaches it.
 *
 * @throws RangeError
 */
export function assertAsSecret(headUrl: string, { host, tls }: Pick<ListenOptions, "host" | "tls">): void {
  if (tls !== undefined || !headUrl.startsWith("wss:") || isLoopback(host)) return;
  throw new RangeError(
    `the cluster at ${headUrl} speaks TLS, and this node, which listens on ${host}, has no certificate: give it one with ` +
      `--tls-cert and --tls-key, or, for a driver, with ${CERT_VARIABLE} and ${KEY_VARIABLE}`,
  );
}
