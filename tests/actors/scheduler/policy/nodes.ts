import fc from "fast-check";
import type { NodeView } from "../../../../actors/scheduler/policy/mod.ts";
import { ResourceSet } from "../../../../runtime/resources/mod.ts";

export interface NodeSketch {
  total?: Record<string, number>;
  used?: Record<string, number>;
  labels?: Record<string, string>;
  alive?: boolean;
  draining?: boolean;
}

export function node(nodeId: string, sketch: NodeSketch = {}): NodeView {
  const total = ResourceSet.from(sketch.total ?? { CPU: 4 });
  const available = total.subtract(ResourceSet.from(sketch.used ?? {}));
  return {
    nodeId,
    total,
    available,
    labels: sketch.labels ?? {},
    alive: sketch.alive ?? true,
    draining: sketch.draining ?? false,
  };
}

export const cpus = (count: number): ResourceSet => ResourceSet.from({ CPU: count });

/** Amounts small enough to collide often. */
export const demands: fc.Arbitrary<ResourceSet> = fc
  .record({ CPU: fc.integer({ min: 0, max: 4 }), tape: fc.integer({ min: 0, max: 2 }) })
  .map((amounts) => ResourceSet.from(amounts));

/** Up to `maxLength` nodes, partly used, some dead, some draining, some labelled. */
export function clusters(maxLength: number): fc.Arbitrary<NodeView[]> {
  const one = fc.record({
    cpus: fc.integer({ min: 0, max: 4 }),
    tape: fc.integer({ min: 0, max: 2 }),
    usedCpus: fc.integer({ min: 0, max: 4 }),
    usedTape: fc.integer({ min: 0, max: 2 }),
    zone: fc.constantFrom("a", "b", undefined),
    alive: fc.boolean().chain((likely) => (likely ? fc.constant(true) : fc.boolean())),
    draining: fc.integer({ min: 0, max: 5 }).map((roll) => roll === 0),
  });
  return fc.array(one, { maxLength }).map((sketches) =>
    sketches.map(({ cpus, tape, usedCpus, usedTape, zone, alive, draining }, index) =>
      node(`n${index}`, {
        total: { CPU: cpus, tape },
        used: { CPU: Math.min(cpus, usedCpus), tape: Math.min(tape, usedTape) },
        labels: zone === undefined ? {} : { zone },
        alive,
        draining,
      }),
    ),
  );
}

export const takes = (view: NodeView): boolean => view.alive && !view.draining;
