import type { Clock } from "../../runtime/kernel/mod.ts";

/** How long a node goes on without a head before it ends. Milliseconds. */
export const HEAD_AWAY_MS = 60_000;
/** A head that answers no sign of life for this long is taken to be gone. */
export const HEAD_SILENCE_MS = 3_000;
/** How long a head may take to take in a node to which it has given a number. Milliseconds. */
const JOINING_MS = 10_000;
/** One that was found may have much to read before it answers. Milliseconds. */
const TAKEN_WITHIN_MS = 10_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;
/**
 * One that stands still takes no link; another may come to its address meanwhile. Half as long again after each that was too
 * late: the way may be long. Milliseconds.
 */
const DIAL_MS = 2_500;
const LONGEST_DIAL_MS = 15_000;

/** A link to a head that is made and not used yet. */
export interface NewTie {
  /** All that is sent to the head goes this way from now on. */
  use(): void;
  /** It is not needed. */
  drop(): void;
}

export interface HeadTieOptions {
  clock: Clock;
  /** Where heads may be, the first that was joined at first; each is tried in turn. */
  urls: readonly string[];
  /** How long it may be away: see `HEAD_AWAY_MS`. */
  awayMs: number;
  /** Drops the links to the head, and what is sent until there is another. */
  hangUp(): void;
  /** Makes a link to the head there, beside what links there are. */
  redial(url: string): Promise<NewTie>;
  /**
   * Registers with the head that has been found, and does what is to be done when it is another; `isOn` says whether it
   * still counts. Resolves with whether it is the head that there was. Rejects when it does not want this node.
   */
  rejoin(isOn: () => boolean): Promise<"same" | "another">;
  /** The head is away; it is back. For people. */
  tell(text: string): void;
  gaveUp(reason: string): void;
}

interface Away {
  readonly sinceMs: number;
  readonly reason: string;
  /** The link to it broke: what was under way on it may be lost. Else the head is silent, and may yet go on. */
  broken: boolean;
}

/**
 * A node's tie to the head, whoever that is. While a head whose tables outlive it is away, the node goes on with what it
 * has, and looks for the next. Of a head that is only silent the link stays until another has been found: if it speaks
 * again, nothing was lost.
 */
export class HeadTie {
  readonly #options: HeadTieOptions;
  #lasting = false;
  #closed = false;
  #away: Away | undefined;
  #heardMs = 0;
  /** Goes up with every search: what an earlier one finds is no news. */
  #search = 0;
  readonly #dialling: Set<string> = new Set();
  /** How long a link to each may take to be made, where that is not as at first. */
  readonly #dialMs: Map<string, number> = new Map();
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

  /** The node is about to join. */
  joining(): void {
    const { clock, gaveUp } = this.#options;
    this.#cancelDeadline = clock.after(JOINING_MS, () => gaveUp(`it did not take this node within ${JOINING_MS / 1000} s`));
  }

  /** The node is a member. `lasting`: of a head that another can take over. */
  joined(lasting: boolean): void {
    if (this.#away === undefined) this.#cancelDeadline();
    this.#lasting = lasting;
    this.#heardMs = this.#options.clock.now();
  }

  /** The head has shown a sign of life. */
  heard(): void {
    this.#heardMs = this.#options.clock.now();
    if (this.#away?.broken === false && !this.#isFound) this.#back("answers again");
  }

  /** Looks whether it is still there. */
  look(): void {
    if (!this.#lasting || this.#closed) return;
    const silentMs = this.#options.clock.now() - this.#heardMs;
    if (this.#away === undefined && silentMs > HEAD_SILENCE_MS)
      this.#leave({ reason: `it answered nothing for ${HEAD_SILENCE_MS / 1000} s`, broken: false });
    // One that was found has fallen silent in its turn.
    else if (this.#isFound && silentMs > TAKEN_WITHIN_MS) this.#seekAll();
  }

  /** The link to the head broke. */
  broken(reason: string): void {
    if (this.#closed) return;
    if (!this.#lasting) {
      this.#options.gaveUp(reason);
      return;
    }
    this.#options.hangUp();
    if (this.#away === undefined) this.#leave({ reason, broken: true });
    else {
      this.#away.broken = true;
      this.#seekAll();
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancelDeadline();
  }

  #leave({ reason, broken }: Pick<Away, "reason" | "broken">): void {
    const { clock, tell, awayMs, gaveUp } = this.#options;
    this.#away = { sinceMs: clock.now(), reason, broken };
    tell(`the head is gone: ${reason}. What runs goes on; this node looks for the head for ${awayMs / 1000} s`);
    this.#cancelDeadline = clock.after(awayMs, () => gaveUp(`${reason}; and no other was found within ${awayMs / 1000} s: ${this.#failure}`));
    this.#seekAll();
  }

  #back(how: string): void {
    if (this.#away === undefined) return;
    this.#dialMs.clear();
    const seconds = (this.#options.clock.now() - this.#away.sinceMs) / 1000;
    this.#cancelDeadline();
    this.#away = undefined;
    this.#options.tell(`the head ${how} after ${seconds.toFixed(1)} s`);
  }

  #seekAll(): void {
    this.#isFound = false;
    const search = ++this.#search;
    for (const url of this.#options.urls) this.#seek(url, FIRST_PAUSE_MS, search);
  }

  #isOn(search: number): boolean {
    return !this.#closed && search === this.#search && this.#away !== undefined;
  }

  /** Each by itself, as one that is frozen takes a link and never answers; and never two at a time at one. */
  #seek(url: string, pauseMs: number, search: number): void {
    if (!this.#isOn(search) || this.#isFound || this.#dialling.has(url)) return;
    this.#dialling.add(url);
    this.#dial(url).then(
      (link) => {
        this.#dialling.delete(url);
        this.#found(link);
      },
      (error) => {
        this.#dialling.delete(url);
        this.#failure = (error as Error).message;
        // The latest search, for which this may have been in the way.
        this.#options.clock.after(pauseMs, () => this.#seek(url, Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS), this.#search));
      },
    );
  }

  /** A link that comes too late is dropped. */
  #dial(url: string): Promise<NewTie> {
    const { clock, redial } = this.#options;
    const limitMs = this.#dialMs.get(url) ?? DIAL_MS;
    return new Promise((resolve, reject) => {
      let isLate = false;
      const onTime = clock.after(limitMs, () => {
        isLate = true;
        this.#dialMs.set(url, Math.min(limitMs * 1.5, LONGEST_DIAL_MS));
        reject(new Error(`nobody took the link within ${(limitMs / 1000).toFixed(1)} s`));
      });
      redial(url).then(
        (link) => {
          onTime();
          if (isLate) link.drop();
          else resolve(link);
        },
        (error) => {
          onTime();
          reject(error);
        },
      );
    });
  }

  #found(link: NewTie): void {
    const { clock, rejoin, gaveUp } = this.#options;
    const search = this.#search;
    if (!this.#isOn(search) || this.#isFound) {
      link.drop();
      return;
    }
    this.#isFound = true;
    this.#heardMs = clock.now();
    link.use();
    rejoin(() => this.#isOn(search)).then(
      (head) => {
        if (!this.#isOn(search)) return;
        this.#isFound = false;
        // It has declared this node dead, or is about to.
        if (head === "same" && this.#away?.broken === true)
          gaveUp(`${this.#away.reason}; and what was under way is lost, as the head is still the same`);
        else this.#back("is back");
        this.#heardMs = clock.now();
      },
      (error) => {
        if (this.#isOn(search)) gaveUp(`the head that was found does not take this node: ${(error as Error).message}`);
      },
    );
  }
}
