import type { Clock, PlaceId } from "../../runtime/kernel/mod.ts";
import { areEqual, type Digest, digestOf } from "./digest.ts";

const TOKEN_BYTES = 32;

interface Admission {
  readonly place: PlaceId;
  readonly digest: Digest;
  readonly expire: () => void;
}

/** One-time tokens: each lets one process in, once, as one place, for a time. */
export class Admissions {
  readonly #clock: Clock;
  readonly #validMs: number;
  readonly #open: Set<Admission> = new Set();

  constructor(clock: Clock, validMs: number) {
    this.#clock = clock;
    this.#validMs = validMs;
  }

  get size(): number {
    return this.#open.size;
  }

  /** A token of 256 random bits for `place`. */
  issue(place: PlaceId): string {
    const token = Array.from(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const admission: Admission = {
      place,
      digest: digestOf(token),
      expire: this.#clock.after(this.#validMs, () => this.#open.delete(admission)),
    };
    this.#open.add(admission);
    return token;
  }

  /** The place that the token lets in; not a second time. Takes as long whatever the token is. */
  redeem(token: string): PlaceId | undefined {
    const digest = digestOf(token);
    let found: Admission | undefined;
    for (const admission of this.#open) if (areEqual(admission.digest, digest)) found = admission;
    if (found === undefined) return undefined;
    found.expire();
    this.#open.delete(found);
    return found.place;
  }
}
