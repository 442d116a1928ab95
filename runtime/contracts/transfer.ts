import type { Caller, ObjectId, PlaceId } from "../kernel/mod.ts";
import type { PayloadWire } from "../values/mod.ts";

/**
 * What the object managers of a cluster's nodes say to each other, at `ActorNumber.nodeObjects`. `caller.from` is a
 * node's system worker, and stands for that node. An object's home is the manager of its owner's node; an answer, where
 * somebody waits for it, says that what was asked is known at all homes that it concerns.
 */
export interface NodeObjectsContract {
  /** To a home: the node holds these, once more. The answer acknowledges it. */
  hold(caller: Caller, ids: readonly string[]): void;
  /** To a home that has taken over from another: the node holds these, once each, and nothing else. */
  holdsExactly(caller: Caller, ids: readonly string[]): void;
  /** To a home: the node holds these once less. */
  drop(caller: Caller, ids: readonly string[]): void;
  /**
   * `place`, of the receiver's node, is sent refs to these. Answers once the receiver's holds of them are acknowledged. They
   * are held until the place says that it has them, or the node that sent them is gone.
   */
  holdFor(caller: Caller, ids: readonly string[], place: PlaceId): Promise<void>;
  /** Answers once `place`, of the receiver's node, has announced holds so often, and these are acknowledged. */
  heard(caller: Caller, place: PlaceId, count: number): Promise<void>;

  /** To the home: the node has a large value, its own to keep. Answers once the home's holds of the children are acknowledged. */
  located(caller: Caller, id: ObjectId, value: LocatedWire): Promise<void>;
  /** To the home: the value, small. Answers as `located` does. */
  resolve(caller: Caller, id: ObjectId, value: PayloadWire): Promise<void>;
  /** To the home: tell when there is a value (`found`). */
  want(caller: Caller, ids: readonly ObjectId[]): void;
  /** Answers after `found` was said of what the node wanted before and there is. */
  caughtUp(caller: Caller): void;
  /** From the home: the value, or a fault, or of a large value that it exists: kind, no data, its bytes, its children. */
  found(caller: Caller, id: ObjectId, value: PayloadWire): void;
  /** To the home: drop the values, whoever holds them. */
  free(caller: Caller, ids: readonly ObjectId[]): void;
  /** From the home: the node's copies are to go. `freed`: as `free` was called; else nobody holds them. */
  released(caller: Caller, ids: readonly ObjectId[], freed: boolean): void;

  /** To the home: the node has room for a large value; which nodes shall it copy it from? Not from those in `without`. */
  pull(caller: Caller, id: ObjectId, without: readonly PlaceId[]): void;
  /** From the home, to one that pulls: nobody has the value any more, and it is made again; `found` tells when there is one. */
  awaited(caller: Caller, id: ObjectId): void;
  /** From the home: nodes that have the value, or are about to; none if it cannot be had. */
  sources(caller: Caller, id: ObjectId, nodes: readonly PlaceId[]): void;
  /** To a source: send these bytes (`chunk`) as soon as they are there. */
  read(caller: Caller, id: ObjectId, offset: number, length: number): void;
  /** From a source: the bytes at `offset`, beside this; `attachment` is -1 if this source cannot give them. */
  chunk(caller: Caller, id: ObjectId, offset: number, attachment: number): void;
  /** To the home: the pull has ended. `complete`: the node has a copy, and others may copy it there. */
  pulled(caller: Caller, id: ObjectId, complete: boolean): void;
  /** To the home: the node has these no more. */
  evicted(caller: Caller, ids: readonly ObjectId[]): void;
  /** From the home: the node's copy is to be kept, as nobody else has to. */
  keep(caller: Caller, id: ObjectId): void;
  /** From a node that leaves: bring these here and keep them. Answers with those that are here, once their homes know. */
  adopt(caller: Caller, ids: readonly ObjectId[]): Promise<ObjectId[]>;
}

/** A large value that a node has made for a place of another. */
export interface LocatedWire {
  readonly size: number;
  readonly children: readonly string[];
  /** The place that holds it from now on: its owner. */
  readonly holder: PlaceId;
}
