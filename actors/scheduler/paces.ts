/** Kinds of tasks whose pace is remembered. */
const KEPT_AT_MOST = 1_000;

/** How long tasks of a kind have taken on other nodes, those used last. */
export class Paces {
  readonly #ms: Map<string, number> = new Map();

  of(kind: string | undefined): number | undefined {
    return kind === undefined ? undefined : this.#ms.get(kind);
  }

  /** The last word counts: a function may be quick with one argument and slow with another. */
  learn(kind: string | undefined, ms: number | undefined): void {
    if (kind === undefined || ms === undefined) return;
    this.#ms.delete(kind);
    this.#ms.set(kind, ms);
    if (this.#ms.size > KEPT_AT_MOST) this.#ms.delete(this.#ms.keys().next().value as string);
  }
}
