import type { SeededRandom } from "../seeded_random.ts";
import { LEASE_MS } from "../simulated_disk.ts";
import type { Span } from "../virtual_port.ts";

/** What happens to nodes and links. Nodes are meant by their index among the worker nodes that are alive then. */
export type Fault =
  | { readonly kind: "crash worker"; readonly node: number; readonly worker: number }
  | { readonly kind: "freeze worker"; readonly node: number; readonly worker: number; readonly ms: number }
  | { readonly kind: "crash node"; readonly node: number; readonly silently: boolean }
  | { readonly kind: "freeze node"; readonly node: number; readonly ms: number }
  | { readonly kind: "freeze head"; readonly ms: number }
  /** Another begins in its place, that much later: also while it stands still, or can't reach its disk, if it does not crash. */
  | { readonly kind: "replace head"; readonly how: "crash" | "machine" | "frozen" | "parted"; readonly ms: number }
  | { readonly kind: "freeze driver"; readonly ms: number }
  /** Another driver comes, works that long, and ends in the middle of it. */
  | { readonly kind: "visit"; readonly how: "crash" | "machine" | "frozen"; readonly ms: number }
  | { readonly kind: "partition"; readonly nodes: readonly number[]; readonly ms: number }
  | { readonly kind: "delay"; readonly node: number; readonly other: number; readonly ms: number; readonly forMs: number }
  | { readonly kind: "cut"; readonly node: number; readonly other: number }
  | { readonly kind: "join" }
  | { readonly kind: "leave"; readonly node: number };

export interface PlannedFault {
  readonly atMs: number;
  readonly fault: Fault;
}

/** What one seed's world is like, and what goes wrong in it. */
export interface FaultPlan {
  readonly nodes: number;
  readonly cpusPerNode: number;
  readonly networkLatencyMs: Span;
  readonly threadLatencyMs: Span;
  /** See `SimulationOptions`. */
  readonly threadStallMs: number;
  readonly workerStartMs: Span;
  /** How long the head's storage takes for a write. */
  readonly storageMs: Span;
  /** See `WorkloadOptions`. */
  readonly parcels: number;
  /** Another head may follow the one that is gone, and nodes go on meanwhile. */
  readonly headReturns: boolean;
  /** The head's node runs tasks and actors as others do, which end with it. */
  readonly headWorks: boolean;
  readonly faults: readonly PlannedFault[];
}

/** Faults happen within this time from the first task on. Milliseconds. */
const FAULTY_MS = 6_000;
const LATENCIES: readonly Span[] = [
  [0.1, 0.3],
  [0.1, 5],
  [2, 40],
];
const THREAD_LATENCIES: readonly Span[] = [
  [0.02, 0.06],
  [0.02, 0.06],
  [0.02, 3],
];
const THREAD_STALLS: readonly number[] = [0, 0, 80, 300];
const STORAGE: readonly Span[] = [
  [0, 0],
  [0, 20],
  [50, 400],
];
/** A seed in so many is quiet: there all has to go well. */
const QUIET_ONE_IN = 10;

/** Draws a plan. The same numbers give the same plan. */
export function drawPlan(random: SeededRandom): FaultPlan {
  const quiet = random.below(QUIET_ONE_IN) === 0;
  const nodes = 3 + random.below(4);
  const kinds = KINDS.filter(() => random.next() < 0.5);
  const count = quiet || kinds.length === 0 ? 0 : 1 + random.below(8);
  const faults = Array.from({ length: count }, (): PlannedFault => {
    const draw = kinds[random.below(kinds.length)] as (typeof KINDS)[number];
    return { atMs: random.between(0, FAULTY_MS), fault: draw(random) };
  });
  const world = {
    nodes,
    cpusPerNode: 1 + random.below(4),
    networkLatencyMs: oneOf(random, LATENCIES),
    threadLatencyMs: oneOf(random, THREAD_LATENCIES),
    workerStartMs: [20, 60],
    storageMs: oneOf(random, STORAGE),
  } as const;
  const headReturns = random.below(2) === 0;
  if (headReturns && !quiet) faults.push(...headFaults(random));
  const headWorks = !headReturns || random.below(4) === 0;
  if (!quiet && random.below(2) === 0) faults.push(...visits(random));
  if (headReturns && !quiet && random.below(4) === 0) {
    faults.push({ atMs: random.between(0, FAULTY_MS), fault: { kind: "replace head", how: "parted", ms: LEASE_MS + random.between(0, 1_000) } });
  }
  const threadStallMs = oneOf(random, THREAD_STALLS);
  const parcels = random.below(2) * random.below(6);
  return { ...world, threadStallMs, parcels, headReturns, headWorks, faults: faults.sort((a, b) => a.atMs - b.atMs) };
}

/** The end of the head, mostly once, and the beginning of another. */
function headFaults(random: SeededRandom): PlannedFault[] {
  const count = oneOf(random, [0, 1, 1, 2]);
  return Array.from({ length: count }, () => {
    const how = oneOf(random, ["crash", "crash", "machine", "frozen"] as const);
    return { atMs: random.between(0, FAULTY_MS), fault: { kind: "replace head", how, ms: random.between(...AWAY_MS) } };
  });
}

/** Drivers that die. */
function visits(random: SeededRandom): PlannedFault[] {
  return Array.from({ length: 1 + random.below(2) }, () => {
    const how = oneOf(random, ["crash", "machine", "frozen"] as const);
    return { atMs: random.between(0, FAULTY_MS), fault: { kind: "visit", how, ms: random.between(...VISIT_MS) } };
  });
}

const ANY = 1_000;
/** Some are declared dead in the meantime, some not: that takes 5 s. */
const LONG_MS: Span = [10, 9_000];
/** A driver's node that is declared dead is the end of all that it waits for: it is not kept so long. */
const SHORT_MS: Span = [10, 3_000];

const VISIT_MS: Span = [200, 4_000];
/** A head is away so long. */
const AWAY_MS: Span = [1_000, 10_000];

const KINDS: readonly ((random: SeededRandom) => Fault)[] = [
  (random) => ({ kind: "crash worker", node: random.below(ANY), worker: random.below(ANY) }),
  (random) => ({ kind: "freeze worker", node: random.below(ANY), worker: random.below(ANY), ms: random.between(...SHORT_MS) }),
  (random) => ({ kind: "crash node", node: random.below(ANY), silently: random.below(3) === 0 }),
  (random) => ({ kind: "freeze node", node: random.below(ANY), ms: random.between(...LONG_MS) }),
  (random) => ({ kind: "freeze head", ms: random.between(...LONG_MS) }),
  (random) => ({ kind: "freeze driver", ms: random.between(...SHORT_MS) }),
  (random) => ({
    kind: "partition",
    nodes: Array.from({ length: 1 + random.below(2) }, () => random.below(ANY)),
    ms: random.between(...LONG_MS),
  }),
  (random) => ({
    kind: "delay",
    node: random.below(ANY),
    other: random.below(ANY),
    ms: random.between(1, 800),
    forMs: random.between(...SHORT_MS),
  }),
  (random) => ({ kind: "cut", node: random.below(ANY), other: random.below(ANY) }),
  () => ({ kind: "join" }),
  (random) => ({ kind: "leave", node: random.below(ANY) }),
];

function oneOf<T>(random: SeededRandom, choices: readonly T[]): T {
  return choices[random.below(choices.length)] as T;
}
