import { readFileSync } from "node:fs";
import * as v from "valibot";
import { AuthenticationError, ClusterUnavailableError, ProtocolError } from "../../runtime/errors/mod.ts";
import type { NodeNumber } from "../../runtime/kernel/mod.ts";
import type { ClusterAddress } from "../../runtime/options/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { credentials, JOIN_PATH, refusalOf } from "../endpoint/mod.ts";
import { readSession } from "./session_file.ts";

/** How long the head may take to answer. */
const ANSWER_MS = 10_000;

/** What the head tells a node that joins. */
const answerSchema = v.object({ node: v.pipe(v.number(), v.integer(), v.minValue(2)), nodeId: v.string() });

/** A place in the cluster for a node that is about to start. */
export interface Joined {
  readonly node: NodeNumber;
  /** Where the head listens. */
  readonly url: string;
  readonly headNodeId: string;
  readonly token: string | undefined;
}

/**
 * Asks the head for a node number.
 *
 * @throws AuthenticationError, ProtocolError, ClusterUnavailableError
 */
export async function joinCluster(url: string, token: string | undefined): Promise<Joined> {
  const target = `${url.replace(/^ws/, "http").replace(/\/$/, "")}${JOIN_PATH}`;
  let response: Response;
  try {
    response = await fetch(target, {
      method: "POST",
      headers: credentials(token),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  } catch (cause) {
    throw new ClusterUnavailableError({ address: url, reason: (cause as Error).message, cause });
  }
  const text = await response.text();
  const refusal = refusalOf(response.status, { url, text });
  if (refusal !== undefined) throw refusal;
  if (!response.ok) throw new ClusterUnavailableError({ address: url, reason: `it answered ${response.status}: ${text}` });
  const answer = v.safeParse(answerSchema, safeJson(text));
  if (!answer.success) throw new ProtocolError({ reason: `${url} does not answer like a Mobula head` });
  return { node: answer.output.node, headNodeId: answer.output.nodeId, url, token };
}

/** Where the cluster is and the token for it: as the options say, else the environment, else the head started on this machine. */
export function findCluster(address: ClusterAddress, token: string | undefined): { url: string; token: string | undefined } {
  const found = address.kind === "auto" ? (platform.env("MOBULA_ADDRESS") ?? readSession()?.address) : undefined;
  if (address.kind === "auto" && found === undefined) {
    throw new ClusterUnavailableError({
      address: "auto",
      reason: "MOBULA_ADDRESS is not set and no head was started on this machine. Start one with `mobula start --head`",
    });
  }
  const url = address.kind === "url" ? address.url : (found as string);
  return { url: url.includes("://") ? url : `ws://${url}`, token: token ?? tokenFromSurroundings(url) };
}

function tokenFromSurroundings(url: string): string | undefined {
  const given = platform.env("MOBULA_TOKEN");
  if (given !== undefined) return given;
  const file = platform.env("MOBULA_TOKEN_FILE") ?? sessionTokenFile(url);
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new AuthenticationError({ address: url, reason: `the token file ${file} cannot be read: ${(cause as Error).message}`, cause });
  }
}

/** The token file of a head on this machine, if that is where the address leads. */
function sessionTokenFile(url: string): string | undefined {
  const session = readSession();
  return session !== undefined && url.endsWith(session.address.replace(/^wss?:\/\//, "")) ? session.tokenFile : undefined;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
