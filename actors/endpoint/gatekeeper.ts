import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../runtime/kernel/mod.ts";
import type { EndpointLimits } from "./limits.ts";

/** What a request says of itself, as far as it decides whether it is let in. */
export interface Credentials {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  readonly version: string | undefined;
  /** Where it comes from. */
  readonly remote: string;
}

export interface GatekeeperOptions {
  clock: Pick<Clock, "now" | "after">;
  /** 64 hexadecimal digits; none where anybody on this machine may come in. */
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
  readonly status: 401 | 403 | 426 | 429;
  readonly text: string;
}

/**
 * Decides who may come in. Tokens are compared in constant time and never told. An address that fails too often is
 * refused for a while, whatever it brings; addresses are forgotten oldest first when there are too many.
 */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly #digest: Uint8Array | undefined;
  readonly #failures: Map<string, { count: number; since: number }> = new Map();
  readonly #logged: Set<string> = new Set();

  constructor(options: GatekeeperOptions) {
    this.#options = options;
    this.#digest = options.token === undefined ? undefined : digestOf(options.token);
  }

  /** Nothing when the request may come in. */
  refuses(credentials: Credentials): Refusal | undefined {
    const { host, origin, remote } = credentials;
    const { hosts, limits, clock } = this.#options;
    if (origin !== undefined) return this.#refuse(remote, { status: 403, text: "not for web pages" });
    if (hosts !== undefined && !hosts.includes(host ?? "")) return this.#refuse(remote, { status: 403, text: `not the host ${host ?? "(none)"}` });
    const failures = this.#failures.get(remote);
    if (failures !== undefined && clock.now() - failures.since > limits.failedAttemptsMs) this.#failures.delete(remote);
    else if (failures !== undefined && failures.count >= limits.failedAttempts) {
      return this.#refuse(remote, { status: 429, text: "too many failed attempts: try again later" });
    }
    if (!this.#isKnown(credentials.authorization)) {
      this.#failed(remote);
      return this.#refuse(remote, { status: 401, text: "the token is missing or wrong" });
    }
    return this.#checkVersion(credentials);
  }

  #isKnown(authorization: string | undefined): boolean {
    if (this.#digest === undefined) return true;
    const token = /^Bearer ([0-9A-Za-z_-]{16,512})$/.exec(authorization ?? "")?.[1] ?? "";
    return timingSafeEqual(digestOf(token), this.#digest);
  }

  #checkVersion({ version, remote }: Credentials): Refusal | undefined {
    const [ours] = this.#options.version.split(".");
    const [theirs] = (version ?? "").split(".");
    if (theirs === ours) return undefined;
    const text = `this cluster speaks version ${this.#options.version} of the protocol, and you ${version ?? "none"}: run the same release of Mobula on every node`;
    return this.#refuse(remote, { status: 426, text });
  }

  #failed(remote: string): void {
    const { clock, limits } = this.#options;
    const failures = this.#failures.get(remote) ?? { count: 0, since: clock.now() };
    failures.count++;
    this.#failures.delete(remote);
    this.#failures.set(remote, failures);
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= limits.watchedAddresses) break;
      this.#failures.delete(oldest);
    }
  }

  #refuse(remote: string, refusal: Refusal): Refusal {
    const key = `${refusal.status} ${remote}`;
    if (!this.#logged.has(key) && this.#logged.size < this.#options.limits.watchedAddresses) {
      this.#logged.add(key);
      this.#options.log(`refused a connection from ${remote}: ${refusal.text}`);
    }
    return refusal;
  }
}

/** Digests are compared, for they are of one length and their bytes tell nothing of the token's. */
function digestOf(token: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(token).digest());
}
