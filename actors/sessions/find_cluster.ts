import { ClusterUnavailableError } from "../../runtime/errors/mod.ts";
import { type ClusterAddress, parseAddress, urlsOf } from "../../runtime/options/mod.ts";
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
  const url = address.kind === "url" ? address.url : urlOf(found as string);
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
  const wanted = urlsOf(url).map(authorityOf);
  const of = (address: string): boolean => urlsOf(address).some((each) => wanted.includes(authorityOf(each)));
  return listSessions().findLast(({ session }) => of(session.address))?.session.tokenFile;
}

/** @throws RangeError */
function urlOf(text: string): string {
  const parsed = parseAddress(text);
  if (parsed?.kind !== "url") throw new RangeError(`MOBULA_ADDRESS is "${text}"; it must be "host:port", "ws://…" or "wss://…"`);
  return parsed.url;
}

function authorityOf(url: string): string {
  return new URL(url).host.replace(/^localhost(?=:|$)/, "127.0.0.1");
}
