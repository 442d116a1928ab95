import { type ActorSpec, Gcs, type GcsOptions, MemoryStorage } from "../../../actors/gcs/mod.ts";

/** A control store on a clock that the test moves, over storage that outlives it. */
export interface Bench {
  gcs: Gcs;
  now: number;
  readonly storage: MemoryStorage;
  /** Ends the store, as a crash would after what was flushed, and starts another on the same storage. */
  restart(): Promise<Gcs>;
}

export async function bench(options: Partial<GcsOptions> = {}): Promise<Bench> {
  const storage = new MemoryStorage({ kept: true });
  const self: Bench = {
    gcs: undefined as unknown as Gcs,
    now: 1_000,
    storage,
    async restart() {
      storage.reopen();
      self.gcs = new Gcs({ clock: { now: () => self.now }, storage, ...options });
      await self.gcs.recover();
      return self.gcs;
    },
  };
  await self.restart();
  return self;
}

export const DRIVER = 1;

/** A job "j1" in namespace "main", and an actor of it. */
export function addJob(gcs: Gcs, jobId = "j1"): void {
  gcs.jobs.add({ jobId, namespace: "main", driver: DRIVER });
}

export function actorSpec(actorId: string, changes: Partial<ActorSpec> = {}): ActorSpec {
  return { actorId, jobId: "j1", className: "Counter", descriptorId: "d1", dependenciesReady: true, ...changes };
}

/** Registers an actor and brings it to life in `place`. */
export function liveActor(gcs: Gcs, actorId: string, changes: Partial<ActorSpec> & { place?: number; nodeId?: string } = {}): void {
  const { place = 50, nodeId, ...spec } = changes;
  gcs.registerActor(actorSpec(actorId, spec), DRIVER);
  gcs.actors.alive(actorId, { incarnation: 0, place, ...(nodeId === undefined ? {} : { nodeId }) });
}

/** All that must survive, as plain data in an order of its own. */
export function durable(gcs: Gcs): unknown {
  const every = <T>(rows: Iterable<{ stored(): T }>) => Array.from(rows, (row) => row.stored());
  return {
    counters: gcs.counters.values().sort(),
    jobs: every(gcs.jobs.rows()),
    nodes: every(gcs.nodes.rows()),
    actors: every(gcs.actors.rows()),
    groups: every(gcs.placementGroups.rows()),
    functions: [...gcs.functions.rows()].sort((a, b) => (a.descriptorId < b.descriptorId ? -1 : 1)),
    definitions: [...gcs.functions.rows()]
      .map((row) => row.descriptorId)
      .sort()
      .map((id) => gcs.functions.get(id)),
    kv: gcs.kv.namespaces().map((namespace) => [namespace, gcs.kv.keys({ namespace }).map((key) => [key, gcs.kv.get({ namespace, key })])]),
    kvBytes: gcs.kv.bytes,
    places: [DRIVER, 3, 50, 100].map((place) => [gcs.actors.livingIn(place).sort(), gcs.actors.ownedBy(place).sort()]),
    named: gcs.actors.named().sort((a, b) => (`${a.namespace} ${a.name}` < `${b.namespace} ${b.name}` ? -1 : 1)),
  };
}
