import type { Caller, PlaceId } from "../kernel/mod.ts";

/** What a place is told when it says hello. */
export interface Welcome {
  readonly nodeId: string;
  readonly jobId: string;
  readonly namespace: string;
  readonly labels: Record<string, string>;
  /** Where other nodes reach this one; empty when there can be none. */
  readonly url: string;
}

/** A thread's or process's end as it is told. `error` is encoded. */
export interface ExitWire {
  code?: number | undefined;
  signal?: string | undefined;
  error?: Uint8Array | undefined;
  outOfMemory?: boolean | undefined;
}

/** What a node may ask of a worker's place. */
export interface PlaceContract {
  /** Answers after everything that this place has to tell its node has been sent. */
  settle(caller: Caller): void;
}

/** What may be asked of the actor that stands for a node: its places and its description. */
export interface NodeContract {
  /** A place is up: a worker may be leased from now on. `current`: where the memory is attached that says which task it runs. */
  hello(caller: Caller, current?: number): Promise<Welcome> | Welcome;
  /** Make a direct link between the caller and `place`, if there can be one. */
  connect(caller: Caller, place: PlaceId): void;
  /** Text that a worker's console printed; `label` says which call printed it. */
  log(caller: Caller, stream: "stdout" | "stderr", label: string, text: string): void;
  /** The caller's place is about to end, for this reason. */
  ending(caller: Caller, exit: ExitWire): void;
  /** From the host: a worker has ended. */
  exited(caller: Caller, place: PlaceId, exit: ExitWire): void;
  /** From the host: a child process wrote these lines, each with the label of the call that did, or none. */
  output(caller: Caller, place: PlaceId, stream: "stdout" | "stderr", lines: readonly (readonly [label: string, line: string])[]): void;
  /** What ran when at the caller's place, in rows of `RUN_WIDTH` numbers, and how many runs are not told. */
  ran(caller: Caller, names: readonly string[], rows: Uint8Array, dropped: number): void;
  /** Ends the system actors; the host ends the threads afterwards. */
  shutdown(caller: Caller): Promise<void>;
}
