import type { Clock } from "../../runtime/kernel/mod.ts";
import { DECLARED_DEAD } from "../protocol/mod.ts";

/** How long a node goes on without a head before it ends. Milliseconds. */
export const HEAD_AWAY_MS = 60_000;
/** A head that answers no sign of life for this long is taken to be gone. */
export const HEAD_SILENCE_MS = 3_000;
/** One that was found may have much to read before it answers. */
const TAKEN_WITHIN_MS = 10_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;

export interface HeadTieOptions {
  clock: Clock;
  /** Where heads may be, the first that was joined at first; each is tried in turn. */
  urls: readonly string[];
  /** How long it may be away: see `HEAD_AWAY_MS`. */
  awayMs: number;
  /** Drops the link, and what is sent until there is another. */
  hangUp(): void;
  /** Makes a link to the head there. */
  redial(url: string): Promise<void>;
  /** Registers with the head that has been found. Rejects when it does not want this node. */
  rejoin(): Promise<void>;
  /** The head is away; it is back. For people. */
  tell(text: string): void;
  gaveUp(reason: string): void;
}

/**
 * A node's tie to the head, whoever that is. While a head whose tables outlive it is away, the node goes on with what it
 * has, and looks for the next.
 */
export class HeadTie {
  readonly #options: HeadTieOptions;
  #lasting = false;
  #closed = false;
  /** Since when the head is away, and why. */
  #away: { sinceMs: number; reason: string } | undefined;
  #heardMs = 0;
  /** Goes up with every search: what an earlier one finds is no news. */
  #search = 0;
  readonly #dialling: Set<string> = new Set();
  /** There is a link to a head, which has yet to take this node. */
  #isFound = false;
  #cancelDeadline = (): void => {};
  /** Why the last try has failed. */
  #failure = "nobody answered";

  constructor(options: HeadTieOptions) {
    this.#options = options;
  }

  get away(): boolean {
    return this.#away !== undefined;
  }

  /** The node is a member. `lasting`: of a head that another can take over. */
  joined(lasting: boolean): void {
    this.#lasting = lasting;
    this.heard();
  }

  /** The head has shown a sign of life. */
  heard(): void {
    this.#heardMs = this.#options.clock.now();
  }

  /** Looks whether it is still there. */
  look(): void {
    if (!this.#lasting) return;
    const silentMs = this.#options.clock.now() - this.#heardMs;
    if (this.#away === undefined && silentMs > HEAD_SILENCE_MS) this.broken(`it answered nothing for ${HEAD_SILENCE_MS / 1000} s`);
    else if (this.#isFound && silentMs > TAKEN_WITHIN_MS) this.broken("the head that was found does not answer");
  }

  /** The link to the head broke. */
  broken(reason: string): void {
    if (this.#closed) return;
    // Whoever is the head has done without this node.
    if (!this.#lasting || reason.includes(DECLARED_DEAD)) {
      this.#options.gaveUp(reason);
      return;
    }
    const { clock, hangUp, tell, awayMs } = this.#options;
    hangUp();
    this.#isFound = false;
    if (this.#away === undefined) {
      this.#away = { sinceMs: clock.now(), reason };
      tell(`the head is gone: ${reason}. What runs goes on; this node looks for the head for ${awayMs / 1000} s`);
    }
    const search = ++this.#search;
    const left = Math.max(0, awayMs - (clock.now() - this.#away.sinceMs));
    this.#cancelDeadline();
    this.#cancelDeadline = clock.after(left, () => {
      if (this.#isOn(search)) this.#options.gaveUp(`${this.#away?.reason}; and no other was found within ${awayMs / 1000} s: ${this.#failure}`);
    });
    for (const url of this.#options.urls) this.#seek(url, FIRST_PAUSE_MS, search);
  }

  close(): void {
    this.#closed = true;
    this.#cancelDeadline();
  }

  #isOn(search: number): boolean {
    return !this.#closed && search === this.#search && this.#away !== undefined;
  }

  /**
   * Each by itself: one that is frozen takes a link and never answers. Never two at a time to one: the head would take the
   * end of the second for the end of this node.
   */
  #seek(url: string, pauseMs: number, search: number): void {
    if (!this.#isOn(search) || this.#isFound || this.#dialling.has(url)) return;
    this.#dialling.add(url);
    this.#options.redial(url).then(
      () => {
        this.#dialling.delete(url);
        this.#found();
      },
      (error) => {
        this.#dialling.delete(url);
        this.#failure = (error as Error).message;
        // The latest search, for which this may have been in the way.
        this.#options.clock.after(pauseMs, () => this.#seek(url, Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS), this.#search));
      },
    );
  }

  #found(): void {
    const search = this.#search;
    if (!this.#isOn(search) || this.#isFound) return;
    this.#isFound = true;
    this.heard();
    this.#options.rejoin().then(
      () => {
        if (!this.#isOn(search) || this.#away === undefined) return;
        this.#isFound = false;
        this.#cancelDeadline();
        const seconds = (this.#options.clock.now() - this.#away.sinceMs) / 1000;
        this.#away = undefined;
        this.heard();
        this.#options.tell(`the head is back after ${seconds.toFixed(1)} s`);
      },
      (error) => {
        if (!this.#closed && search === this.#search)
          this.#options.gaveUp(`the head that was found does not take this node: ${(error as Error).message}`);
      },
    );
  }
}
