import type { Clock } from "../../runtime/kernel/mod.ts";

/** Identical lines within this time are folded into one, as with Ray. */
export const FOLD_WINDOW_MS = 5_000;
/** Different lines that are watched for repeats at a time. */
const MAX_WATCHED = 1_000;

interface Watched {
  readonly print: (repeats: number) => void;
  readonly first: string;
  repeats: number;
  others: Set<string>;
}

export interface LogFolderOptions {
  clock: Clock;
  print(stream: "stdout" | "stderr", line: string, jobId: string): void;
}

/**
 * Prints workers' lines with the label of what wrote them. A line is printed at once; when other workers write
 * the same within the window, they are counted, and one more line says how often.
 */
export class LogFolder {
  readonly #options: LogFolderOptions;
  readonly #watched: Map<string, Watched> = new Map();

  constructor(options: LogFolderOptions) {
    this.#options = options;
  }

  /** `source` tells workers apart. */
  add(stream: "stdout" | "stderr", line: string, from: { label: string; source: string; jobId?: string }): void {
    const { jobId = "" } = from;
    const key = `${jobId}${stream}${line}`;
    const watched = this.#watched.get(key);
    if (watched !== undefined && watched.first !== from.source) {
      watched.repeats++;
      watched.others.add(from.source);
      return;
    }
    this.#options.print(stream, `(${from.label}) ${line}`, jobId);
    if (watched !== undefined || this.#watched.size >= MAX_WATCHED) return;
    const print = (repeats: number): void => {
      const { others } = this.#watched.get(key) as Watched;
      const workers = others.size === 1 ? "another worker" : `${others.size} other workers`;
      this.#options.print(stream, `(${from.label}) ${line} [repeated ${repeats}x by ${workers}]`, jobId);
    };
    this.#watched.set(key, { print, first: from.source, repeats: 0, others: new Set() });
    this.#options.clock.after(FOLD_WINDOW_MS, () => this.#close(key));
  }

  /** Says now what is still to be said. */
  flush(): void {
    for (const key of [...this.#watched.keys()]) this.#close(key);
  }

  #close(key: string): void {
    const watched = this.#watched.get(key);
    if (watched !== undefined && watched.repeats > 0) watched.print(watched.repeats);
    this.#watched.delete(key);
  }
}
