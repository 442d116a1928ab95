import { ClusterUnavailableError } from "../../runtime/errors/mod.ts";
import type { ClusterAddress } from "../../runtime/options/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { listSessions, readSession } from "./session_record.ts";
import { readToken, TOKEN_FILE_VARIABLE, TOKEN_VARIABLE } from "./token_file.ts";

/**
 * Where the cluster is and the token for it: as the options say, else the environment, else the node that was started
 * last on this machine. An empty variable says nothing.
 *
 * @throws ClusterUnavailableError when there is none, AuthenticationError when the token file can't be read
 */
export function findCluster(address: ClusterAddress, token: string | undefined): { url: string; token: string | undefined } {
  const found = address.kind === "auto" ? platform.env("MOBULA_ADDRESS") || readSession()?.address : undefined;
  if (address.kind === "auto" && found === undefined) {
    throw new ClusterUnavailableError({
      reason: "MOBULA_ADDRESS is not set and no node was started on this machine. Start a head with `mobula start --head`",
    });
  }
  const text = address.kind === "url" ? address.url : (found as string);
  const url = text.includes("://") ? text : `ws://${text}`;
  if (token !== undefined) return { url, token };
  const known = findToken(url);
  return { url, token: known.token ?? (known.tokenFile === undefined ? undefined : readToken(known.tokenFile, url)) };
}

/** The token for the cluster at `url`, or the file that it is in: as the environment says, else a node of this machine. */
export function findToken(url?: string): { readonly token?: string; readonly tokenFile?: string } {
  const token = platform.env(TOKEN_VARIABLE) || undefined;
  if (token !== undefined) return { token };
  const tokenFile = platform.env(TOKEN_FILE_VARIABLE) || (url === undefined ? undefined : sessionTokenFile(url));
  return tokenFile === undefined ? {} : { tokenFile };
}

/** The token file of a node on this machine that is of the cluster to which the address leads. */
function sessionTokenFile(url: string): string | undefined {
  const wanted = authorityOf(url);
  return listSessions().findLast(({ session }) => authorityOf(session.address) === wanted)?.session.tokenFile;
}

function authorityOf(url: string): string {
  return new URL(url).host.replace(/^localhost(?=:|$)/, "127.0.0.1");
}
