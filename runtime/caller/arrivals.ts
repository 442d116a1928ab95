import { type ObjectId, objectId, type PlaceId } from "../kernel/mod.ts";
import { type Payload, PayloadKind, type PayloadWire, payloadFromWire } from "../values/mod.ts";
import type { CallOwner } from "./call_owner.ts";
import type { Run } from "./derivation.ts";
import type { ItemStream } from "./item_stream.ts";
import type { Lineage } from "./lineage.ts";
import type { ObjectClient } from "./object_client.ts";
import type { Outcomes } from "./outcomes.ts";
import type { Reconstruction } from "./reconstruction.ts";
import type { TaskOwner } from "./task_owner.ts";

export interface ArrivalsOptions {
  place: PlaceId;
  tasks: TaskOwner;
  calls: CallOwner;
  lineage: Lineage;
  objects: ObjectClient;
  outcomes: Outcomes;
  reconstruction: Reconstruction;
}

/** One item of a generator, as it comes. */
interface Item {
  readonly index: number;
  readonly wire: PayloadWire;
  readonly producer: PlaceId;
}

/** Takes in what workers and actors say of the tasks and calls of a place: each ends here, or has ended before. */
export class Arrivals {
  readonly #options: ArrivalsOptions;
  readonly #tasks: TaskOwner;
  readonly #calls: CallOwner;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
    this.#tasks = options.tasks;
    this.#calls = options.calls;
  }

  run(sequence: number): Run | undefined {
    return this.#tasks.get(sequence) ?? this.#calls.get(sequence);
  }

  result(sequence: number, payload: Payload, producer: PlaceId): void {
    const { place, objects, outcomes, reconstruction } = this.#options;
    objects.took(payload.children, producer);
    const ended = this.#end(sequence, producer, payload.kind === PayloadKind.sealed ? [objectId(place, sequence)] : undefined);
    const entry = ended?.entries[0];
    if (ended === undefined) outcomes.tooLate(objectId(place, sequence), payload);
    if (ended === undefined || entry === undefined) return;
    outcomes.settle(entry, payload);
    reconstruction.came(ended, entry.id, payload.kind);
    this.#lostBefore(ended);
  }

  results(sequence: number, wires: readonly PayloadWire[], producer: PlaceId): void {
    const { place, objects, outcomes, reconstruction } = this.#options;
    for (const wire of wires) objects.took(payloadFromWire(wire).children, producer);
    const large = wires.flatMap(([kind], index) => (kind === PayloadKind.sealed ? [objectId(place, sequence + index)] : []));
    const ended = this.#end(sequence, producer, large.length > 0 ? large : undefined);
    if (ended === undefined) {
      for (const [index, wire] of wires.entries()) outcomes.tooLate(objectId(place, sequence + index), payloadFromWire(wire));
      return;
    }
    if (ended.derivation !== undefined) reconstruction.settle(ended, wires);
    else {
      outcomes.settleAll(ended.entries, wires);
      if (ended.lost !== undefined) for (const { id, payload } of ended.entries) reconstruction.came(ended, id, payload?.kind);
    }
    this.#lostBefore(ended);
  }

  failed(sequence: number, fault: Payload, { retryable, producer }: { retryable: boolean; producer: PlaceId }): void {
    this.#options.objects.took(fault.children, producer);
    const task = this.#tasks.get(sequence);
    const call = this.#calls.get(sequence);
    if (task !== undefined) this.#tasks.failed(task, fault, retryable);
    else if (call !== undefined) this.#calls.failed(call, fault, retryable);
    this.#options.outcomes.tookIn(fault);
  }

  item(sequence: number, item: Item): void {
    this.#options.objects.took(payloadFromWire(item.wire).children, item.producer);
    this.#item(sequence, item);
    if (item.wire[0] === PayloadKind.fault) this.#options.outcomes.tookIn(payloadFromWire(item.wire));
  }

  itemsEnd(sequence: number, count: number): void {
    const run = this.run(sequence);
    if (run?.derivation !== undefined) {
      if (this.#options.reconstruction.itemsEnd(run, count)) this.#endRemade(run);
      return;
    }
    const { stream } = run ?? {};
    stream?.end(count);
    this.#endStream(sequence, stream);
  }

  #item(sequence: number, item: Item): void {
    const { place, outcomes, reconstruction } = this.#options;
    const { index, wire, producer } = item;
    const run = this.run(sequence);
    if (run?.derivation !== undefined) {
      if (reconstruction.item(run, item)) this.#endRemade(run);
      return;
    }
    const id = `${objectId(place, sequence)}.${index}`;
    if (run?.stream === undefined) {
      outcomes.tooLate(id, payloadFromWire(wire));
      return;
    }
    const { stream } = run;
    stream.producer = producer;
    const isKnown = run.large?.has(id) === true;
    if (wire[0] === PayloadKind.sealed && stream.wants(index)) {
      run.large ??= new Set();
      run.large.add(id);
    }
    outcomes.item(stream, { sequence, index, wire, isKnown });
    reconstruction.came(run, id, wire[0]);
    this.#endStream(sequence, stream);
  }

  /**
   * The task or call has ended with results that `producer` made; these of them are large. What this place has made by
   * itself is lost only together with it: nothing is kept to make that again.
   */
  #end(sequence: number, producer: PlaceId | undefined, large?: readonly ObjectId[]): Run | undefined {
    const kept = producer === this.#options.place ? undefined : large;
    const task = this.#tasks.get(sequence);
    if (task !== undefined) {
      this.#tasks.end(task, kept);
      return task;
    }
    const call = this.#calls.get(sequence);
    if (call !== undefined) this.#calls.end(call, kept);
    return call;
  }

  /** A generator has ended once its last item is here: its end may come by a shorter way than its items. */
  #endStream(sequence: number, stream: ItemStream | undefined): void {
    if (stream?.complete !== true) return;
    const { lineage, outcomes } = this.#options;
    const large = [...(this.run(sequence)?.large ?? [])];
    const ended = this.#end(sequence, stream.producer, large.length > 0 || lineage.needsItemsOf(sequence) ? large : undefined);
    outcomes.complete(stream);
    if (ended !== undefined) this.#lostBefore(ended);
  }

  /** A generator that ran again has made all of its items. */
  #endRemade(run: Run): void {
    this.#end(run.sequence, undefined);
    this.#options.reconstruction.itemsMissing(run);
    this.#lostBefore(run);
  }

  /** What it made was lost before this place heard that it had ended. */
  #lostBefore({ lost }: Run): void {
    if (lost !== undefined) this.#options.reconstruction.lost(lost);
  }
}
