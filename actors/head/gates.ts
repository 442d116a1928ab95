import { ActorsOp } from "../../runtime/contracts/mod.ts";
import type { Actor, ActorId, Envelope } from "../../runtime/kernel/mod.ts";
import type { ActorManager } from "../actor_manager/mod.ts";

/** The actor, from when `open` resolves; what comes earlier waits, in order. */
export function onceOpen(open: Promise<void>, actor: Actor): Actor {
  let early: Parameters<Actor["receive"]>[] | undefined = [];
  void open.then(() => {
    const waiting = early ?? [];
    early = undefined;
    for (const [envelope, delivery] of waiting) actor.receive(envelope, delivery);
  });
  return {
    receive(envelope, delivery): void {
      if (early === undefined) actor.receive(envelope, delivery);
      else early.push([envelope, delivery]);
    },
  };
}

/** Calls on their way to actors whose place the caller does not know. */
export function relaying(actors: ActorManager): Actor {
  return {
    receive(envelope: Envelope): void {
      if (envelope[1] === ActorsOp.relay) actors.relay(envelope[2] as ActorId, envelope[3] as number, envelope[4] as Envelope);
    },
  };
}
