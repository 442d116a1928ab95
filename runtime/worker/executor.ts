import type { Caller } from "../caller/mod.ts";
import { ExecutorOp } from "../contracts/mod.ts";
import {
  type Actor,
  type ActorId,
  ActorNumber,
  type Caller as ContractCaller,
  type Delivery,
  type Envelope,
  type PlaceId,
  serve,
  systemPlaceOf,
} from "../kernel/mod.ts";
import type { ArgumentForm } from "../tasks/mod.ts";
import { ActorHost, type Hosted } from "./actor_host.ts";
import type { PlaceIdentity } from "./identity.ts";
import { Replies } from "./replies.ts";
import { TaskRunner } from "./task_runner.ts";
import type { TemplateCache } from "./template_cache.ts";

/** What the control store may ask of a place that hosts actors. */
export interface HostContract {
  createActor(caller: unknown, id: ActorId, incarnation: number, owner: PlaceId, template: number, form: ArgumentForm, data: unknown): void;
  /** Ends that incarnation, also one that is still to come to life there. */
  stopActor(caller: unknown, id: ActorId, incarnation: number, reason: string): void;
  /** What the caller has called in this lane has ended, and nothing more comes in it. */
  laneEnded(caller: ContractCaller, id: ActorId, incarnation: number, lane: number): void;
  /** The actor begins nothing more; when what it has begun is done, the control store hears that it can be made anew elsewhere. */
  vacateActor(caller: unknown, id: ActorId, incarnation: number): void;
  /** The actors that live there, and those that are about to. */
  actors(caller: unknown): { readonly living: readonly Hosted[]; readonly coming: readonly Hosted[] };
  /** How many actors live there, those included that are about to. */
  hosted(caller: unknown): number;
  /** Whether the task has begun there, and has not ended. If so the place is about to be ended, and gives back what it has not begun. */
  condemn(caller: unknown, owner: PlaceId, sequence: number): boolean;
  /** Whether nothing runs there, and nothing that others may need ends with the place. If so it begins nothing more. */
  dismiss(caller: unknown): boolean;
}

/** The executing side of a place: runs tasks and hosts actors, as envelopes ask. */
export class Executor implements Actor {
  readonly runner: TaskRunner;
  readonly host: ActorHost;
  readonly #templates: TemplateCache;
  readonly #contract: Actor;
  readonly #system: PlaceId;

  constructor(caller: Caller, templates: TemplateCache, identity: PlaceIdentity) {
    this.#system = systemPlaceOf(caller.place);
    this.#templates = templates;
    const replies = new Replies(caller);
    this.runner = new TaskRunner(caller, templates, replies, identity);
    this.host = new ActorHost({ caller, templates, replies, identity, nextRun: () => this.runner.nextRun() });
    const contract: HostContract = {
      createActor: (_caller, id, incarnation, owner, template, form, data) => this.host.create({ id, incarnation, owner, template, form, data }),
      actors: () => this.host.list(),
      hosted: () => this.host.size,
      condemn: (_caller, owner, sequence) => this.#retireIf(this.runner.begun.has({ owner, sequence })),
      dismiss: () => this.#retireIf(this.runner.idle && this.host.size === 0 && caller.dispensable),
      laneEnded: ({ from }, id, incarnation, lane) => this.host.laneEnded(id, incarnation, { owner: from, lane }),
      vacateActor: (_caller, id, incarnation) => this.host.vacate(id, incarnation),
      stopActor: (_caller, id, incarnation, reason) => this.host.stop(id, incarnation, new Error(reason)),
    };
    this.#contract = serve(caller.kernel, contract);
    caller.kernel.register(ActorNumber.executor, this);
  }

  receive(envelope: Envelope, delivery: Delivery): void {
    switch (envelope[1]) {
      case ExecutorOp.run: {
        const [, , lease, owner, template, sequence, form, data, flags, last = false] = envelope as unknown as [
          0,
          0,
          number,
          PlaceId,
          number,
          number,
          ArgumentForm,
          unknown,
          number,
          boolean | undefined,
        ];
        this.runner.push(lease, owner, template, sequence, { form, data, flags }, { scheduler: delivery.from === this.#system, last });
        return;
      }
      case ExecutorOp.batch: {
        const [, , lease, owner, template, attachment] = envelope as unknown as [0, 0, number, PlaceId, number, number];
        this.runner.share(lease, owner, template, delivery.attachments[attachment] as SharedArrayBuffer);
        return;
      }
      case ExecutorOp.revoke:
        this.runner.revoke(envelope[2] as number);
        return;
      case ExecutorOp.cancel: {
        const [, , owner, sequence, recursive, reason, actor] = envelope as unknown as [0, 0, PlaceId, number, boolean, string, string | undefined];
        const why = new DOMException(`the call was cancelled: ${reason}`, reason === "timeout" ? "TimeoutError" : "AbortError");
        if (actor !== undefined) this.host.cancel(actor, { owner, sequence, recursive, reason: why });
        else this.runner.cancel(owner, sequence, recursive, why);
        return;
      }
      case ExecutorOp.call: {
        const [, , owner, id, incarnation, lane, order, sequence, method, form, data, flags, numReturns, group, backpressure, retryExceptions] =
          envelope as unknown as [
            0,
            0,
            PlaceId,
            string,
            number,
            number,
            number,
            number,
            string,
            ArgumentForm,
            unknown,
            number,
            number,
            string | null,
            number,
            boolean | readonly string[] | undefined,
          ];
        this.host.call(id, incarnation, {
          owner,
          lane,
          order,
          sequence,
          method,
          form,
          data,
          flags,
          numReturns,
          group,
          backpressure,
          retryExceptions,
          args: undefined,
        });
        return;
      }
      case ExecutorOp.skip: {
        const [, , owner, id, incarnation, lane, below, kept] = envelope as unknown as [0, 0, PlaceId, ActorId, number, number, number, number[]];
        this.host.skip(id, incarnation, { owner, lane, below, kept });
        return;
      }
      case ExecutorOp.consumed: {
        const [, , owner, sequence, count, actor] = envelope as unknown as [0, 0, PlaceId, number, number, string | undefined];
        if (actor !== undefined) this.host.consumed(actor, owner, sequence, count);
        else this.runner.consumed(owner, sequence, count);
        return;
      }
      case ExecutorOp.accelerators: {
        const [, , holder, ids, alone] = envelope as unknown as [0, 0, number | ActorId, string[], boolean];
        if (typeof holder === "number") this.runner.equip(holder, ids);
        else this.host.equip(holder, { ids, alone });
        return;
      }
      case ExecutorOp.ownerLost:
        this.runner.ownerLost(envelope[2] as PlaceId);
        this.host.ownerLost(envelope[2] as PlaceId);
        this.#templates.forget(envelope[2] as PlaceId);
        return;
      default:
        this.#contract.receive(envelope, delivery);
    }
  }

  /** Answers for itself, so that nothing can begin in between. */
  #retireIf(isToEnd: boolean): boolean {
    if (isToEnd) this.runner.retire();
    return isToEnd;
  }
}
