import type { NodeStateWire } from "../../runtime/contracts/mod.ts";
import type { Death } from "../../runtime/errors/mod.ts";
import type { Clock, Kernel, NodeNumber, PlaceId } from "../../runtime/kernel/mod.ts";
import type { Fallout, Gcs } from "../gcs/mod.ts";
import type { Unplaced } from "../scheduler/mod.ts";
import type { WaitingGroup } from "./waiting.ts";

/** What the head's keeper of nodes has of its surroundings, and whom it tells what. */
export interface MembershipOptions {
  kernel: Kernel;
  clock: Clock;
  gcs: Gcs;
  /** Resolves when the tables are filled. */
  open: Promise<void>;
  /** A node has come, or has told what it has free. */
  joined(nodeId: string): void;
  reported(nodeId: string): void;
  /** Whether nodes stay when this head is gone, and come to the next. */
  lasting: boolean;
  /** A node of the head before has come, with this. */
  returned(nodeId: string, state: NodeStateWire): void;
  /** All nodes of the head before have come, or are dead. */
  complete(): void;
  /** The node is drained: its actors that may be made anew are to go elsewhere. */
  vacate(nodeId: string): void;
  /** A place is gone, and what the tables say follows from it. */
  placeLost(place: PlaceId, death: Death): void;
  /** A node is gone, and what the tables say follows from it. */
  nodeLost(fallout: Fallout, lost: { node: NodeNumber; nodeId: string }): void;
  /** What waits for a node. */
  unplaced(): readonly Unplaced[];
  waitingGroups(): readonly WaitingGroup[];
  log(text: string): void;
  /** Ends this node, when all others have been told to. */
  endHead(reason: string): void;
}
