import { DRAINED, type MemberContract } from "../../runtime/contracts/mod.ts";
import {
  ActorNumber,
  type Kernel,
  type NodeNumber,
  type PlaceId,
  placeId,
  remoteContract,
  SYSTEM_SLOT,
  toldContract,
} from "../../runtime/kernel/mod.ts";
import type { Gcs, NodeInfo } from "../gcs/mod.ts";

/** What was on its way to a node when its draining began has come, or is known not to come, after this time. Milliseconds. */
const IN_FLIGHT_MS = 2_000;

export interface DrainingOptions {
  kernel: Kernel;
  gcs: Gcs;
  numberOf(nodeId: string): NodeNumber | undefined;
  /** Whether things of others may run, and lie, there. */
  takesWork(nodeId: string): boolean;
  /** Its bundles of placement groups, and its actors that may be made anew, are to go elsewhere. */
  vacate(nodeId: string): void;
}

/**
 * Empties nodes that are to leave. Such a node takes nothing new: what it has begun ends there, what waits there goes
 * elsewhere, and so do its actors that may be made anew, and the values that it alone keeps for other nodes. When
 * nothing is left that would go with it, or at the deadline, it is told to end.
 */
export class Draining {
  readonly #options: DrainingOptions;
  /** Nodes that are asked to give away their objects. */
  readonly #asked: Set<string> = new Set();

  constructor(options: DrainingOptions) {
    this.#options = options;
  }

  /** Tells all nodes. Resolves when they know: nobody sends anything new there any more. */
  async begin(nodeId: string): Promise<void> {
    const { gcs, kernel, numberOf, vacate } = this.#options;
    const number = numberOf(nodeId);
    if (number === undefined) return;
    const told = gcs.nodes.live().map(async (other) => {
      const at = numberOf(other.nodeId);
      if (at === undefined) return;
      const member = remoteContract<MemberContract>(kernel, placeId(at, SYSTEM_SLOT), ActorNumber.member);
      // One that is lost meanwhile sends nothing either.
      await (at === number ? member.drain() : member.draining(number)).catch(() => {});
    });
    vacate(nodeId);
    await Promise.all(told);
  }

  /** Goes on with what has begun. To be called regularly. */
  look(nowMs: number): void {
    const { gcs, numberOf, vacate } = this.#options;
    for (const { nodeId, drain } of gcs.nodes.live()) {
      const number = numberOf(nodeId);
      if (drain === undefined || number === undefined) continue;
      if (nowMs >= (drain.deadlineMs ?? Infinity)) this.#member(number).end(`${reasonOf(drain)}, and the time for that is over`);
      else {
        // Some may have come to life there since.
        vacate(nodeId);
        if (!this.#asked.has(nodeId)) void this.#evacuate(nodeId, { number, settled: nowMs - drain.sinceMs > IN_FLIGHT_MS });
      }
    }
  }

  async #evacuate(nodeId: string, { number, settled }: { number: NodeNumber; settled: boolean }): Promise<void> {
    const { kernel, gcs } = this.#options;
    this.#asked.add(nodeId);
    try {
      const wasIdle = this.#isIdle(nodeId);
      const place = placeId(number, SYSTEM_SLOT);
      const left = await remoteContract<MemberContract>(kernel, place, ActorNumber.member).evacuate(this.#targets());
      const { drain } = gcs.nodes.get(nodeId) ?? {};
      if (drain !== undefined && settled && wasIdle && left === 0 && this.#isIdle(nodeId)) this.#member(number).end(reasonOf(drain));
    } catch {
      // It is gone, of which everybody hears in another way; or it will be asked again.
    } finally {
      this.#asked.delete(nodeId);
    }
  }

  /** Where objects may go: nodes that stay. */
  #targets(): PlaceId[] {
    const { gcs, numberOf, takesWork } = this.#options;
    return gcs.nodes.live().flatMap(({ nodeId, state }) => {
      const number = numberOf(nodeId);
      return state === "ALIVE" && number !== undefined && takesWork(nodeId) ? [placeId(number, SYSTEM_SLOT)] : [];
    });
  }

  #isIdle(nodeId: string): boolean {
    const { gcs } = this.#options;
    const node = gcs.nodes.get(nodeId);
    if (node === undefined || node.pending.length > 0 || !hasAllFree(node)) return false;
    for (const actor of gcs.actors.rows()) if (actor.nodeId === nodeId && actor.state !== "DEAD") return false;
    return true;
  }

  #member(node: NodeNumber): ReturnType<typeof toldContract<MemberContract>> {
    return toldContract<MemberContract>(this.#options.kernel, placeId(node, SYSTEM_SLOT), ActorNumber.member);
  }
}

/** What a node that leaves for this reason says, and is said of it. */
export function reasonOf({ reason }: NonNullable<NodeInfo["drain"]>): string {
  return `${DRAINED} (${reason})`;
}

function hasAllFree({ total, available }: NodeInfo): boolean {
  return Object.entries(total).every(([name, all]) => (available[name] ?? 0) >= all);
}
