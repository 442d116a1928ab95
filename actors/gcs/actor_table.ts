import type { PlaceId } from "../../runtime/kernel/mod.ts";
import { type ActorInfo, ActorRecord, type ActorSpec } from "./actor_record.ts";
import { ACTOR_MOVES, stateAfterLoss } from "./actor_state.ts";
import { ownBytes } from "./bytes.ts";
import { boundDeath, type DeathRecord } from "./death.ts";
import { assertWithin } from "./limits.ts";
import { MultiMap } from "./multi_map.ts";
import { assertName, NameIndex } from "./names.ts";
import { assertResources } from "./resources.ts";
import { Rows } from "./rows.ts";
import { move } from "./state_machine.ts";
import type { TableContext } from "./table_context.ts";

/** What came of a registration: `found` is the actor of that id, or, with `getIfExists`, of that name. */
export interface ActorRegistration {
  readonly outcome: "registered" | "found" | "name_taken";
  readonly actor: ActorInfo;
}

/** Where an incarnation of an actor was put. */
export interface ActorSeat {
  /** A report about any other than the present incarnation is stale and changes nothing. */
  readonly incarnation: number;
  readonly place: PlaceId;
  readonly nodeId?: string;
  readonly workerId?: string;
}

export interface ActorLoss {
  readonly death: DeathRecord;
  /** The incarnation that was lost; left out: whichever is the present one. */
  readonly incarnation?: number;
  /** False: it is not to come back (killed for good, out of scope, its owner gone). Default true. */
  readonly restart?: boolean;
  /** False when the restart must not be paid from `maxRestarts`, as after a node's preemption. Default true. */
  readonly counted?: boolean;
}

/**
 * Every actor of the cluster. Promises: among those not DEAD a name is held once in its namespace; a state
 * changes only as `ACTOR_MOVES` says; the DEAD are kept up to `deadActors`.
 */
export class ActorTable {
  readonly #context: TableContext;
  readonly #rows: Rows<ActorInfo, ActorRecord>;
  readonly #names = new NameIndex<ActorRecord>();
  readonly #owned = new MultiMap<PlaceId, ActorRecord>();
  readonly #placed = new MultiMap<PlaceId, ActorRecord>();
  /** Live actors by job. */
  readonly #jobs = new Map<string, number>();

  constructor(context: TableContext) {
    this.#context = context;
    this.#rows = new Rows(context, { channel: "actors", stored: "actors", keep: context.limits.deadActors });
  }

  get liveCount(): number {
    return this.#rows.liveCount;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(actorId: string): ActorInfo | undefined {
    return this.#rows.get(actorId)?.info();
  }

  /** The row itself, without a copy: it changes with the actor, and callers MUST NOT change it. */
  row(actorId: string): ActorInfo | undefined {
    return this.#rows.get(actorId);
  }

  byName(namespace: string, name: string): ActorInfo | undefined {
    return this.#names.get(namespace, name)?.info();
  }

  /** Live named actors, of one namespace or of all. */
  named(namespace?: string): { readonly namespace: string; readonly name: string }[] {
    return Array.from(this.#names.rows(namespace), (row) => ({ namespace: row.namespace, name: row.name as string }));
  }

  /** What a scheduler gave at registration to create the actor with. */
  creation(actorId: string): Uint8Array | undefined {
    return this.#rows.live(actorId)?.creation;
  }

  /** Whether an actor of the job is not dead: a detached one outlives it. */
  hasLive(jobId: string): boolean {
    return this.#jobs.has(jobId);
  }

  /** The table itself, for listings; callers MUST NOT change a row. */
  rows(): Iterable<ActorRecord> {
    return this.#rows.all();
  }

  /**
   * Registers an actor owned by the place `owner`. The same request again (after a lost answer) changes
   * nothing. @throws RangeError for a spec that can't be.
   */
  register(spec: ActorSpec & { readonly namespace: string }, owner: PlaceId): ActorRegistration {
    const known = this.#rows.get(spec.actorId);
    if (known) return { outcome: "found", actor: known.info() };
    this.#assertSpec(spec);
    if (spec.name !== undefined) {
      const holder = this.#names.get(spec.namespace, spec.name);
      if (holder) return { outcome: spec.getIfExists ? "found" : "name_taken", actor: holder.info() };
    }
    const row = this.#fill(new ActorRecord(spec.actorId), spec, owner);
    this.#link(row);
    this.#rows.add(row.actorId, row);
    // Of very many registrations few are looked at: the copy is made when it is asked for.
    return {
      outcome: "registered",
      get actor() {
        return row.info();
      },
    };
  }

  /** Its constructor's arguments are there. False when it was not waiting for them. */
  dependenciesReady(actorId: string): boolean {
    const row = this.#rows.live(actorId);
    if (row?.state !== "DEPENDENCIES_UNREADY") return false;
    this.#ready(row);
    this.#rows.changed(actorId, row);
    return true;
  }

  /** A place was found, where its constructor now runs. False when stale. */
  assign(actorId: string, seat: ActorSeat): boolean {
    const row = this.#current(actorId, seat.incarnation);
    if (!row || row.state === "ALIVE") return false;
    this.#ready(row);
    this.#seat(row, seat);
    this.#rows.changed(actorId, row);
    return true;
  }

  /** Its constructor has not run at the place that was found, and will not. */
  unassign(actorId: string): void {
    const row = this.#rows.live(actorId);
    if (row === undefined || row.state === "ALIVE") return;
    this.#vacate(row);
    this.#rows.changed(actorId, row);
  }

  /** Its constructor has run. False when stale: then the caller stops what it made. */
  alive(actorId: string, seat: ActorSeat): boolean {
    const row = this.#current(actorId, seat.incarnation);
    if (!row) return false;
    if (row.state === "ALIVE") return row.place === seat.place;
    this.#ready(row);
    this.#move(row, "ALIVE");
    row.death = undefined;
    this.#seat(row, seat);
    row.startedMs = this.#context.clock.now();
    this.#rows.changed(actorId, row);
    return true;
  }

  /** The actor's place is gone, or it is to go: RESTARTING or DEAD by its budget, or "stale": nothing changed. */
  lose(actorId: string, loss: ActorLoss): "RESTARTING" | "DEAD" | "stale" {
    const row = loss.incarnation === undefined ? this.#rows.live(actorId) : this.#current(actorId, loss.incarnation);
    if (!row) return "stale";
    const next = loss.restart === false ? "DEAD" : this.#afterLoss(row, loss);
    this.#move(row, next);
    row.death = boundDeath(this.#context.limits, loss.death);
    if (next === "DEAD") this.#bury(row);
    else this.#restart(row, loss.counted !== false);
    return next;
  }

  /** Live actors that `owner` created and that end with it. */
  ownedBy(owner: PlaceId): string[] {
    return this.#owned.get(owner).map((row) => row.actorId);
  }

  /** Live actors in `place`, running or under construction. */
  livingIn(place: PlaceId): string[] {
    return this.#placed.get(place).map((row) => row.actorId);
  }

  /** Live actors for which `test` holds; looks at every row. */
  where(test: (row: ActorInfo) => boolean): string[] {
    return Array.from(this.#rows.liveRows())
      .filter(test)
      .map((row) => row.actorId);
  }

  restore(entries: readonly (readonly [string, unknown])[]): void {
    const rows = entries.map(([id, data]) => {
      const row = ActorRecord.restored(id, data);
      this.#share(row);
      return [id, row] as const;
    });
    this.#rows.restore(rows, (row) => row.state === "DEAD");
    for (const row of this.#rows.liveRows()) this.#link(row);
  }

  #assertSpec(spec: ActorSpec & { readonly namespace: string }): void {
    const { limits } = this.#context;
    assertName(limits, "actorId", spec.actorId);
    assertName(limits, "namespace", spec.namespace);
    if (spec.name !== undefined) assertName(limits, "name", spec.name);
    const restarts = spec.maxRestarts ?? 0;
    if (!Number.isSafeInteger(restarts) || restarts < -1) {
      throw new RangeError(`maxRestarts must be an integer from -1 up, not ${restarts}`);
    }
    assertResources(`actor ${spec.actorId}`, spec.resources);
    const actual = spec.creation?.byteLength ?? 0;
    assertWithin(limits, "actorCreationBytes", { what: `Creation payload of actor ${spec.actorId}`, actual });
  }

  #fill(row: ActorRecord, spec: ActorSpec & { readonly namespace: string }, owner: PlaceId): ActorRecord {
    row.state = spec.dependenciesReady ? "PENDING_CREATION" : "DEPENDENCIES_UNREADY";
    row.className = spec.className;
    row.descriptorId = spec.descriptorId;
    row.jobId = spec.jobId;
    row.namespace = spec.namespace;
    row.name = spec.name;
    row.detached = spec.detached ?? false;
    row.owner = owner;
    row.maxRestarts = spec.maxRestarts ?? 0;
    row.isolation = spec.isolation;
    row.resources = spec.resources ?? row.resources;
    row.placementGroupId = spec.placementGroupId;
    row.registeredMs = this.#context.clock.now();
    row.creation = spec.creation && ownBytes(spec.creation);
    this.#share(row);
    return row;
  }

  #share(row: ActorRecord): void {
    const { interner } = this.#context;
    row.state = interner.string(row.state);
    row.className = interner.string(row.className);
    row.descriptorId = interner.string(row.descriptorId);
    row.jobId = interner.string(row.jobId);
    row.namespace = interner.string(row.namespace);
    row.nodeId = interner.string(row.nodeId);
    row.workerId = interner.string(row.workerId);
    row.isolation = interner.string(row.isolation);
    row.placementGroupId = interner.string(row.placementGroupId);
    row.resources = interner.resources(row.resources);
  }

  #current(actorId: string, incarnation: number): ActorRecord | undefined {
    const row = this.#rows.live(actorId);
    return row?.incarnation === incarnation ? row : undefined;
  }

  #move(row: ActorRecord, to: ActorRecord["state"]): void {
    move(ACTOR_MOVES, row, { to, what: `Actor ${row.actorId}` });
  }

  /** Word of a place may overtake its owner's word that the arguments are there: it implies it. */
  #ready(row: ActorRecord): void {
    if (row.state === "DEPENDENCIES_UNREADY") this.#move(row, "PENDING_CREATION");
  }

  #afterLoss(row: ActorRecord, loss: ActorLoss): "RESTARTING" | "DEAD" {
    // A restart that is not paid for needs no budget left, only one to speak of.
    const free = loss.counted === false && row.maxRestarts !== 0;
    const { state, numRestarts } = row;
    return stateAfterLoss({ state, numRestarts, maxRestarts: free ? -1 : row.maxRestarts });
  }

  #restart(row: ActorRecord, counted: boolean): void {
    this.#vacate(row);
    row.startedMs = undefined;
    row.incarnation++;
    if (counted) row.numRestarts++;
    this.#rows.changed(row.actorId, row);
  }

  #bury(row: ActorRecord): void {
    this.#unseat(row);
    row.endedMs = this.#context.clock.now();
    row.creation = undefined;
    if (row.name !== undefined) this.#names.release(row.namespace, row.name);
    if (!row.detached) this.#owned.delete(row.owner, row);
    const others = (this.#jobs.get(row.jobId) ?? 0) - 1;
    if (others > 0) this.#jobs.set(row.jobId, others);
    else this.#jobs.delete(row.jobId);
    this.#rows.end(row.actorId, row);
  }

  #link(row: ActorRecord): void {
    if (row.name !== undefined) this.#names.claim(row.namespace, row.name, row);
    if (!row.detached) this.#owned.add(row.owner, row);
    if (row.place !== undefined) this.#placed.add(row.place, row);
    this.#jobs.set(row.jobId, (this.#jobs.get(row.jobId) ?? 0) + 1);
  }

  #seat(row: ActorRecord, seat: ActorSeat): void {
    const { interner } = this.#context;
    this.#unseat(row);
    row.place = seat.place;
    row.nodeId = interner.string(seat.nodeId);
    row.workerId = interner.string(seat.workerId);
    this.#placed.add(row.place, row);
  }

  #vacate(row: ActorRecord): void {
    this.#unseat(row);
    row.place = row.nodeId = row.workerId = undefined;
  }

  #unseat(row: ActorRecord): void {
    if (row.place !== undefined) this.#placed.delete(row.place, row);
  }
}
