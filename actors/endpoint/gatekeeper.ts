import type { Clock } from "../../runtime/kernel/mod.ts";
import { holderOf } from "../protocol/mod.ts";
import { areEqual, bearerToken, type Digest, digestOf } from "./digest.ts";
import type { EndpointLimits } from "./limits.ts";

/** Where a request comes from, and what it takes this place for. */
export interface Sender {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** The address that it comes from. */
  readonly remote: string;
}

/** What a request says of itself, as far as it decides whether it is let in. */
export interface Credentials extends Sender {
  readonly authorization: string | undefined;
  readonly version: string | undefined;
}

export interface GatekeeperOptions {
  clock: Pick<Clock, "now">;
  /** The cluster's; none where anybody on this machine may come in. */
  token: string | undefined;
  /** Host headers that requests may carry: a web page whose name was made to lead here has another. Any, when undefined. */
  hosts: readonly string[] | undefined;
  /** The protocol that is spoken here: `major.minor`. */
  version: string;
  limits: Pick<EndpointLimits, "failedAttempts" | "failedAttemptsMs" | "watchedAddresses">;
  /** Told of refusals, once for each kind and address. */
  log(text: string): void;
}

/** Why a request is refused: an HTTP status and a text. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 413 | 426 | 429 | 500 | 503;
  readonly text: string;
}

/** What strangers say is told up to this length. */
const TOLD_CHARACTERS = 200;

/**
 * Decides who may come in. Tokens are compared in constant time and never told. An address that fails too often is
 * refused for a while, whatever it brings; addresses are forgotten oldest first when there are too many.
 */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly #digest: Digest | undefined;
  readonly #failures: Map<string, { count: number; since: number }> = new Map();
  readonly #logged: Set<string> = new Set();

  constructor(options: GatekeeperOptions) {
    this.#options = options;
    this.#digest = options.token === undefined ? undefined : digestOf(options.token);
  }

  /** Nothing when the request may come in. */
  refuses(credentials: Credentials): Refusal | undefined {
    const refusal = this.refusesSender(credentials);
    if (refusal !== undefined) return refusal;
    if (this.#digest !== undefined && !areEqual(digestOf(bearerToken(credentials.authorization)), this.#digest)) {
      this.#failed(holderOf(credentials.remote));
      return this.refuse(credentials.remote, WRONG_TOKEN);
    }
    return this.#checkVersion(credentials);
  }

  /** The part of it that does not ask for the cluster's token: for those who have another. */
  refusesSender({ host, origin, remote }: Sender): Refusal | undefined {
    const { hosts, limits, clock } = this.#options;
    if (origin !== undefined) return this.refuse(remote, { status: 403, text: "not for web pages" });
    if (hosts !== undefined && !hosts.includes(host ?? "")) return this.refuse(remote, { status: 403, text: `not the host ${host ?? "(none)"}` });
    const holder = holderOf(remote);
    const failures = this.#failures.get(holder);
    if (failures === undefined) return undefined;
    if (clock.now() - failures.since > limits.failedAttemptsMs) this.#failures.delete(holder);
    else if (failures.count >= limits.failedAttempts) {
      return this.refuse(remote, { status: 429, text: "too many failed attempts: try again later" });
    }
    return undefined;
  }

  /** Notes a refusal, for whatever reason. */
  refuse(remote: string, refusal: Refusal): Refusal {
    this.note(remote, { kind: String(refusal.status), text: `refused a connection from ${remote}: ${refusal.text}` });
    return refusal;
  }

  /** Tells of what an address did, unless it has done the like before. */
  note(remote: string, { kind, text }: { kind: string; text: string }): void {
    const key = `${kind} ${holderOf(remote)}`;
    if (this.#logged.has(key) || this.#logged.size >= this.#options.limits.watchedAddresses) return;
    this.#logged.add(key);
    this.#options.log(printable(text));
  }

  #checkVersion({ version, remote }: Credentials): Refusal | undefined {
    const [ours] = this.#options.version.split(".");
    const [theirs] = (version ?? "").split(".");
    if (theirs === ours) return undefined;
    const text = `this cluster speaks version ${this.#options.version} of the protocol, and you ${version ?? "none"}: run the same release of Mobula on every node`;
    return this.refuse(remote, { status: 426, text });
  }

  #failed(holder: string): void {
    const { clock, limits } = this.#options;
    const failures = this.#failures.get(holder) ?? { count: 0, since: clock.now() };
    failures.count++;
    this.#failures.delete(holder);
    this.#failures.set(holder, failures);
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= limits.watchedAddresses) break;
      this.#failures.delete(oldest);
    }
  }
}

/** Whatever is wrong with the token: which it is would help those who guess. */
export const WRONG_TOKEN: Refusal = { status: 401, text: "the token is missing or wrong" };

/** One line, without what would move a terminal's cursor. */
function printable(text: string): string {
  const line = text.replace(/\p{Cc}/gu, "?");
  return line.length > TOLD_CHARACTERS ? `${line.slice(0, TOLD_CHARACTERS)}…` : line;
}
