/** One round of a workload: what it is drawn from, and how it is to behave. */
export interface Round {
  readonly seed: number;
  readonly round: number;
  /** Of this run alone: what it names is named for it. */
  readonly run: string;
  /** Whether some of its functions end the worker that they run in. */
  readonly deadly: boolean;
  /** How long it may wait for anything. */
  readonly timeoutMs: number;
  /** Where what runs leaves its traces. */
  readonly folder: string;
}

/** A program that gives the same numbers whatever goes wrong while it runs. */
export interface Workload {
  readonly name: string;
  run(round: Round): Promise<readonly number[]>;
  /** The same numbers, made in this thread. */
  expected(round: Round): readonly number[];
}
