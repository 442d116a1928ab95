import { MobulaError } from "../../runtime/errors/mod.ts";
import { urlsOf } from "../../runtime/options/mod.ts";
import type { Answers, Question } from "../head/mod.ts";
import { ASK_PATH, credentials, HEALTH_PATH, refusalOf, unreachable } from "../protocol/mod.ts";

/** How long the head may take to answer. Milliseconds. */
const ANSWER_MS = 30_000;
const HEALTH_MS = 5_000;

/** Asks the head something, without being part of the cluster. */
export type AskHead = <Q extends Question>(question: Q) => Promise<Answers[Q["about"]]>;

/**
 * The head at `url`, or at the first of several that answers. Asking it throws ClusterUnavailableError when it does not answer, AuthenticationError and
 * ProtocolError when it does not let in, and MobulaError with what is wrong with the question.
 */
export function headOf({ url, token }: { url: string; token: string | undefined }): AskHead {
  return async <Q extends Question>(question: Q) => {
    const ask = (at: string): Promise<Response> =>
      request(at, ASK_PATH, {
        method: "POST",
        headers: { "content-type": "application/json", ...credentials(token) },
        body: JSON.stringify(question),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
    const [first = "", ...others] = urlsOf(url);
    const response = await others.reduce((tried, at) => tried.catch(() => ask(at)), ask(first));
    const text = await response.text();
    const refusal = refusalOf(response.status, { url, text });
    if (refusal !== undefined) throw refusal;
    if (!response.ok) throw new MobulaError({ message: text });
    return JSON.parse(text) as Answers[Q["about"]];
  };
}

/** Whether a node at `url` is up. Needs no token. */
export async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await request(url, HEALTH_PATH, { signal: AbortSignal.timeout(HEALTH_MS) })).ok;
  } catch {
    return false;
  }
}

async function request(url: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`${url.replace(/^ws/, "http").replace(/\/$/, "")}${path}`, init);
  } catch (cause) {
    throw unreachable(url, cause);
  }
}
