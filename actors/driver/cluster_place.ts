import { ClusterUnavailableError } from "../../runtime/errors/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { decodeValue, encodeWhole } from "../../runtime/values/mod.ts";
import { type Joined, joinCluster } from "./join_cluster.ts";
import { hostToward } from "./own_address.ts";

/** Where a driver has its place in a cluster, and how others of it reach this machine. */
export interface ClusterPlace {
  readonly joined: Joined;
  readonly host: string;
}

/** What the thread is started with that joins for another. */
export interface JoinOrder {
  readonly url: string;
  readonly token: string | undefined;
  /** An Int32 that is 0 until the answer is there, its length in bytes, and the answer. */
  readonly answer: SharedArrayBuffer;
}

const HEADER_BYTES = 8;
const ANSWER_BYTES = 64 * 1024;
/** Longer than what the steps of joining may take. */
const WAIT_MS = 20_000;

/** A place in the cluster. @throws AuthenticationError, ProtocolError, ClusterUnavailableError */
export async function placeIn(url: string, token: string | undefined): Promise<ClusterPlace> {
  const joined = await joinCluster(url, token);
  return { joined, host: await hostToward(joined.url) };
}

/** `placeIn` with this thread standing still meanwhile: the first call of a script that never calls `init` gives its ref at once. */
export function placeAtOnce(url: string, { token, program }: { token: string | undefined; program: string }): ClusterPlace {
  const answer = new SharedArrayBuffer(HEADER_BYTES + ANSWER_BYTES);
  const header = new Int32Array(answer, 0, 2);
  const order: JoinOrder = { url, token, answer };
  platform.spawnThread(program, { name: "mobula join", data: order, transfer: [], onExit: () => {} });
  if (Atomics.wait(header, 0, 0, WAIT_MS) === "timed-out")
    throw new ClusterUnavailableError({ address: url, reason: `it could not be joined within ${WAIT_MS / 1000} s` });
  const { place, error } = decodeValue(new Uint8Array(answer.slice(HEADER_BYTES, HEADER_BYTES + (header[1] as number)))) as Outcome;
  if (place === undefined) throw error;
  return place;
}

/** The thread's part. */
export async function joinFor({ url, token, answer }: JoinOrder): Promise<void> {
  const outcome: Outcome = await placeIn(url, token).then(
    (place) => ({ place }),
    (error) => ({ error }),
  );
  const bytes = encodeWhole(outcome);
  const header = new Int32Array(answer, 0, 2);
  new Uint8Array(answer, HEADER_BYTES).set(bytes);
  header[1] = bytes.length;
  Atomics.store(header, 0, 1);
  Atomics.notify(header, 0);
}

interface Outcome {
  readonly place?: ClusterPlace;
  readonly error?: unknown;
}
