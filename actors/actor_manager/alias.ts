import { ExecutorOp } from "../../runtime/contracts/mod.ts";
import type { ActorId, Envelope } from "../../runtime/kernel/mod.ts";

/** An id that its maker thought was a new actor's, where `getIfExists` found one. */
export interface Alias {
  readonly target: ActorId;
  /** The incarnation for which calls are meant that were made before their caller knew of the target. */
  readonly incarnation: number;
}

/** Turns what was sent under an alias to the actor meant. False when its caller knew the actor already. */
export function redirect(envelope: Envelope, alias: ActorId, { target, incarnation }: Alias): boolean {
  const inLane = envelope[1] === ExecutorOp.call || envelope[1] === ExecutorOp.skip;
  const at = inLane ? 3 : envelope.length - 1;
  if (envelope[at] !== alias) return false;
  envelope[at] = target;
  if (inLane) envelope[4] = incarnation;
  return true;
}
