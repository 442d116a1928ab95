import { ClusterUnavailableError } from "../../runtime/errors/mod.ts";
import type { ClusterAddress } from "../../runtime/options/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { listSessions, readSession } from "./session_record.ts";
import { readToken, TOKEN_FILE_VARIABLE, TOKEN_VARIABLE } from "./token_file.ts";

/**
 * Where the cluster is and the token for it: as the options say, else the environment, else the node that was started
 * last on this machine.
 *
 * @throws ClusterUnavailableError when there is none, AuthenticationError when the token file can't be read
 */
export function findCluster(address: ClusterAddress, token: string | undefined): { url: string; token: string | undefined } {
  const found = address.kind === "auto" ? (platform.env("MOBULA_ADDRESS") ?? readSession()?.address) : undefined;
  if (address.kind === "auto" && found === undefined) {
    throw new ClusterUnavailableError({
      reason: "MOBULA_ADDRESS is not set and no node was started on this machine. Start a head with `mobula start --head`",
    });
  }
  const text = address.kind === "url" ? address.url : (found as string);
  const url = text.includes("://") ? text : `ws://${text}`;
  return { url, token: token ?? tokenFromSurroundings(url) };
}

function tokenFromSurroundings(url: string): string | undefined {
  const given = platform.env(TOKEN_VARIABLE);
  if (given !== undefined) return given;
  const file = platform.env(TOKEN_FILE_VARIABLE) ?? sessionTokenFile(url);
  return file === undefined ? undefined : readToken(file, url);
}

/** The token file of a node on this machine that is of the cluster to which the address leads. */
function sessionTokenFile(url: string): string | undefined {
  const wanted = authorityOf(url);
  return listSessions().findLast(({ session }) => authorityOf(session.address) === wanted)?.session.tokenFile;
}

function authorityOf(url: string): string {
  return new URL(url).host.replace(/^localhost(?=:|$)/, "127.0.0.1");
}
