import * as v from "valibot";
import { ClusterUnavailableError, ProtocolError } from "../../runtime/errors/mod.ts";
import type { NodeNumber } from "../../runtime/kernel/mod.ts";
import { urlsOf } from "../../runtime/options/mod.ts";
import { credentials, JOIN_PATH, refusalOf, unreachable } from "../protocol/mod.ts";

/** How long the head may take to answer. */
const ANSWER_MS = 10_000;

/** What the head tells a node that joins. */
const answerSchema = v.object({ node: v.pipe(v.number(), v.integer(), v.minValue(2)), nodeId: v.string() });

/** A place in the cluster for a node that is about to start. */
export interface Joined {
  readonly node: NodeNumber;
  /** Where the head listens. */
  readonly url: string;
  /** Where it or another may listen later, those included. */
  readonly heads: readonly string[];
  readonly headNodeId: string;
  readonly token: string | undefined;
}

/**
 * Asks the head for a node number: the first that answers, where the address names several.
 *
 * @throws AuthenticationError, ProtocolError, ClusterUnavailableError
 */
export async function joinCluster(address: string, token: string | undefined): Promise<Joined> {
  const heads = urlsOf(address);
  for (const [index, url] of heads.entries()) {
    try {
      return { ...(await joinAt(url, token)), heads };
    } catch (error) {
      if (!(error instanceof ClusterUnavailableError) || index === heads.length - 1) throw error;
    }
  }
  throw new ClusterUnavailableError({ address, reason: "it names no head" });
}

async function joinAt(url: string, token: string | undefined): Promise<Omit<Joined, "heads">> {
  const target = `${url.replace(/^ws/, "http").replace(/\/$/, "")}${JOIN_PATH}`;
  let response: Response;
  try {
    response = await fetch(target, {
      method: "POST",
      headers: credentials(token),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  } catch (cause) {
    throw unreachable(url, cause);
  }
  const text = await response.text();
  const refusal = refusalOf(response.status, { url, text });
  if (refusal !== undefined) throw refusal;
  if (!response.ok) throw new ClusterUnavailableError({ address: url, reason: `it answered ${response.status}: ${text}` });
  const answer = v.safeParse(answerSchema, safeJson(text));
  if (!answer.success) throw new ProtocolError({ reason: `${url} does not answer like a Mobula head` });
  return { node: answer.output.node, headNodeId: answer.output.nodeId, url, token };
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
