import { ActorsOp } from "../../runtime/contracts/mod.ts";
import type { Actor, ActorId, Envelope, Kernel } from "../../runtime/kernel/mod.ts";
import type { ActorManager } from "../actor_manager/mod.ts";

/**
 * The actor, from when `open` resolves; what comes earlier waits, in order. If it rejects, whoever asks is answered with
 * that error.
 */
export function onceOpen(kernel: Kernel, open: Promise<void>, actor: Actor): Actor {
  let early: Parameters<Actor["receive"]>[] | undefined = [];
  let now = actor;
  const settle = (then: Actor): void => {
    const waiting = early ?? [];
    early = undefined;
    now = then;
    for (const [envelope, delivery] of waiting) now.receive(envelope, delivery);
  };
  open.then(
    () => settle(actor),
    (error) => settle(failing(kernel, error)),
  );
  return {
    receive(envelope, delivery): void {
      if (early === undefined) now.receive(envelope, delivery);
      else early.push([envelope, delivery]);
    },
  };
}

/** Answers every question with the error. */
function failing(kernel: Kernel, error: unknown): Actor {
  return {
    receive([, op, request], { from }): void {
      if (typeof op === "string") kernel.fault(from, request as number, error);
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
