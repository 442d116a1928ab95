import { boundDeath, type DeathRecord } from "./death.ts";
import { boundText } from "./limits.ts";
import { assertName } from "./names.ts";
import { type NodeDrain, type NodeInfo, NodeRecord, type NodeSpec } from "./node_record.ts";
import { NODE_MOVES } from "./node_state.ts";
import { assertResources, type Resources, sumResources } from "./resources.ts";
import { Rows } from "./rows.ts";
import { move } from "./state_machine.ts";
import type { TableContext } from "./table_context.ts";

/** A node's regular word on itself. */
export interface NodeReport {
  readonly nodeId: string;
  readonly available?: Resources;
  /** Given when the node's totals changed (a placement group's bundle came or went). */
  readonly total?: Resources;
  readonly load?: unknown;
}

/** Every node of the cluster and its resources. The DEAD are kept up to `deadNodes`. */
export class NodeTable {
  readonly #context: TableContext;
  readonly #rows: Rows<NodeInfo, NodeRecord>;

  constructor(context: TableContext) {
    this.#context = context;
    this.#rows = new Rows(context, { channel: "nodes", stored: "nodes", keep: context.limits.deadNodes });
  }

  get liveCount(): number {
    return this.#rows.liveCount;
  }

  get(nodeId: string): NodeInfo | undefined {
    return this.#rows.get(nodeId)?.info();
  }

  /** Nodes not DEAD, in the order they joined. */
  live(): NodeInfo[] {
    return Array.from(this.#rows.liveRows(), (row) => row.info());
  }

  rows(): Iterable<NodeRecord> {
    return this.#rows.all();
  }

  /**
   * A node joins, or, known and not dead, comes back after this store's restart: then what it says replaces
   * what was known. `dead` refuses the id of a node that was declared dead: it has to take a new one.
   */
  register(spec: NodeSpec): { readonly outcome: "registered" | "rejoined" | "dead"; readonly node: NodeInfo } {
    assertName(this.#context.limits, "nodeId", spec.nodeId);
    assertResources(`node ${spec.nodeId}`, spec.resources);
    const known = this.#rows.get(spec.nodeId);
    if (known?.state === "DEAD") return { outcome: "dead", node: known.info() };
    const row = known ?? new NodeRecord(spec.nodeId);
    const now = this.#context.clock.now();
    row.address = spec.address;
    row.name = spec.name;
    row.head = spec.head ?? false;
    row.pid = spec.pid;
    row.runtime = spec.runtime;
    row.labels = { ...spec.labels };
    row.total = row.available = this.#context.interner.resources(spec.resources);
    row.heardMs = now;
    if (known) this.#rows.changed(row.nodeId, row);
    else {
      row.startedMs = now;
      this.#rows.add(row.nodeId, row);
    }
    return { outcome: known ? "rejoined" : "registered", node: row.info() };
  }

  /** Takes a report, which also counts as a sign of life. False for a node that is dead or unknown. */
  report(report: NodeReport): boolean {
    const row = this.#rows.live(report.nodeId);
    if (!row) return false;
    row.heardMs = this.#context.clock.now();
    if (report.available) row.available = report.available;
    if (report.load !== undefined) row.load = report.load;
    if (report.total) {
      assertResources(`node ${row.nodeId}`, report.total);
      row.total = this.#context.interner.resources(report.total);
      this.#rows.changed(row.nodeId, row);
    }
    return true;
  }

  /** Live nodes not heard of for longer than `silenceMs`. */
  silent(silenceMs: number): string[] {
    const since = this.#context.clock.now() - silenceMs;
    return Array.from(this.#rows.liveRows())
      .filter((row) => row.heardMs < since)
      .map((row) => row.nodeId);
  }

  /** Takes a node out of use; asked again, replaces reason and deadline. False when it is dead or unknown. */
  drain(nodeId: string, drain: NodeDrain): boolean {
    const row = this.#rows.live(nodeId);
    if (!row) return false;
    if (row.state !== "DRAINING") move(NODE_MOVES, row, { to: "DRAINING", what: `Node ${nodeId}` });
    row.drain = { ...drain, reason: boundText(this.#context.limits, drain.reason) };
    this.#rows.changed(nodeId, row);
    return true;
  }

  /** Declares a node dead. False when it is already, or unknown. */
  end(nodeId: string, death: DeathRecord): boolean {
    const row = this.#rows.live(nodeId);
    if (!row) return false;
    move(NODE_MOVES, row, { to: "DEAD", what: `Node ${nodeId}` });
    row.endedMs = this.#context.clock.now();
    row.death = boundDeath(this.#context.limits, death);
    row.available = {};
    row.load = undefined;
    this.#rows.end(nodeId, row);
    return true;
  }

  /** What the live nodes have in all. */
  totalResources(): Record<string, number> {
    return sumResources(Array.from(this.#rows.liveRows(), (row) => row.total));
  }

  /** What of it is free and may be given: a draining node gives nothing. */
  availableResources(): Record<string, number> {
    const giving = Array.from(this.#rows.liveRows()).filter((row) => row.state === "ALIVE");
    return sumResources(giving.map((row) => row.available));
  }

  /** Nodes that were alive are taken to be: their silence counts from now. */
  restore(entries: readonly (readonly [string, unknown])[]): void {
    const now = this.#context.clock.now();
    const rows = entries.map(([id, data]) => {
      const row = NodeRecord.restored(id, data);
      row.heardMs = now;
      return [id, row] as const;
    });
    this.#rows.restore(rows, (row) => row.state === "DEAD");
  }
}
