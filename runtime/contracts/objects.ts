import type { Caller, ObjectId, PlaceId } from "../kernel/mod.ts";
import type { Announced } from "../references/mod.ts";
import type { PayloadWire } from "../values/mod.ts";

/** What any place may ask of its node's object manager. `caller.from` is counted as a holder where it says so. */
export interface ObjectsContract {
  /** A small value that has left its thread; the caller holds it. */
  store(caller: Caller, id: ObjectId, value: PayloadWire): void;
  /** A large value in the buffer attached at `attachment`; `holder` holds it. The caller keeps no view. */
  seal(caller: Caller, id: ObjectId, sealed: SealedWire): void;
  /** A value that is still being made; the caller holds it and will resolve it, unless a worker does first. */
  expect(caller: Caller, id: ObjectId): void;
  /** The same, for a result that nobody held any more: whatever comes of it, `released` is told when nobody does again. */
  expectAgain(caller: Caller, id: ObjectId): void;
  resolve(caller: Caller, id: ObjectId, value: PayloadWire): void;
  /** Send these values as `CallerOp.object`, each as soon as it is there. */
  want(caller: Caller, ids: readonly ObjectId[]): void;
  /**
   * Say of each as soon as there is a value, without bringing a large one to this node: `CallerOp.object` with a sealed
   * payload that has no buffer, or with the value itself.
   */
  wantState(caller: Caller, ids: readonly ObjectId[]): void;
  /** Answers after what the caller wanted before and is here has been sent. */
  sent(caller: Caller): Promise<void> | undefined;
  hold(caller: Caller, ids: readonly string[]): void;
  /** Answers when all that the caller has announced before is known where it is counted. */
  known(caller: Caller): Promise<void>;
  /** The caller sends these on to `place`, which will hold them. */
  holdFor(caller: Caller, ids: readonly string[], place: PlaceId): void;
  /** These have come to the caller from a place of another node, whose node has said `holdFor`. The caller has announced that it holds them. */
  took(caller: Caller, ids: readonly string[], from: PlaceId): void;
  /** Once so many announcements of these places have been heard of: see `Announcer`. */
  drop(caller: Caller, ids: readonly string[], after?: readonly Announced[]): void;
  /** Drops the values, whoever holds them. */
  free(caller: Caller, ids: readonly ObjectId[]): void;
  /**
   * Results that the caller does not want, some of which have been made once more: whether those were counted for it once
   * more depends on whether anybody held them when they were made, which is known here alone.
   */
  discarded(caller: Caller, ids: readonly ObjectId[]): void;
  /**
   * Results that were said to be lost before the caller heard of them have come. One that some node has was counted for
   * the caller each time that it was made, and is counted once from now on; of others it is said again that they are lost.
   */
  cameAgain(caller: Caller, ids: readonly ObjectId[]): void;
  /** The caller has no views on these buffers any more. */
  unmapped(caller: Caller, ids: readonly ObjectId[]): void;
  /** The caller waits, perhaps with its thread blocked, for room; the attachment is the ticket for the answer. */
  needSpace(caller: Caller, pages: number, attachment: number): void;
  /** How much of what is kept here, and bytes of large values given to other nodes so far; with `collect` all places are asked to collect garbage meanwhile. */
  figures(caller: Caller, collect: boolean): object;
  /** The objects that are kept here, as many as `limit` at most. */
  list(caller: Caller, limit: number): ObjectRow[];
}

/** An object as a node's object manager tells of it. */
export interface ObjectRow {
  readonly objectId: string;
  readonly state: string;
  readonly bytes: number;
  /** The place that made it, by its worker's id. */
  readonly owner: string;
  /** Places of that node and other nodes that hold it. */
  readonly holders: number;
  /** Those places, by their workers' ids; another node by that of its system worker. */
  readonly heldBy: readonly string[];
  /** Whether it is small: not in shared memory. */
  readonly inline: boolean;
}

/** The slot of a buffer that is not of the node's store: the object manager copies it into one that is. */
export const PRIVATE_SLOT = -1;

/** A large value as it is handed over: the attachment's index, the buffer's slot in the store's account, its bytes. */
export interface SealedWire {
  readonly attachment: number;
  readonly slot: number;
  readonly size: number;
  readonly children: readonly string[];
  readonly holder: PlaceId;
}
