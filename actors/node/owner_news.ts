import { CallerOp } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Kernel, type ObjectId, ownerOf, type PlaceId } from "../../runtime/kernel/mod.ts";

/** Tells places of this node what became of the large results of their tasks; what of one turn is alike in one message. */
export class OwnerNews {
  readonly #kernel: Kernel;
  readonly #waiting: Map<PlaceId, { op: number; ids: ObjectId[] }[]> = new Map();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** No node has it any more. */
  lost(id: ObjectId): boolean {
    this.#tell(CallerOp.lost, id);
    return true;
  }

  /** Nobody holds it any more. */
  released(id: ObjectId): void {
    this.#tell(CallerOp.released, id);
  }

  /** What is said of one object stays in order. */
  #tell(op: number, id: ObjectId): void {
    const owner = ownerOf(id);
    if (this.#waiting.size === 0) queueMicrotask(() => this.flush());
    let news = this.#waiting.get(owner);
    if (news === undefined) this.#waiting.set(owner, (news = []));
    const last = news.at(-1);
    if (last?.op === op) last.ids.push(id);
    else news.push({ op, ids: [id] });
  }

  /** Sends now what waits. */
  flush(): void {
    for (const [owner, news] of this.#waiting) {
      for (const { op, ids } of news) this.#kernel.send(owner, [ActorNumber.caller, op, ids]);
    }
    this.#waiting.clear();
  }
}
