import type { PendingDemand } from "../../runtime/contracts/mod.ts";
import { HEAD_NODE, HEAD_NUMBERS, type NodeNumber } from "../../runtime/kernel/mod.ts";
import type { Counters } from "./counters.ts";
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
  /** Goes up with every report of the node since it registered. Left out, the report is never late. */
  readonly sequence?: number;
  readonly available?: Resources;
  /** Given when the node's totals changed (a placement group's bundle came or went). */
  readonly total?: Resources;
  /** What waits there. */
  readonly pending?: readonly PendingDemand[];
}

/** What became of a registration; see `NodeTable.register`. */
export type NodeRegistration =
  | { readonly outcome: "registered" | "rejoined" | "dead"; readonly node: NodeInfo }
  | { readonly outcome: "unknown"; readonly node?: undefined };

/** So many of the last numbers may be on their way to nodes while another head begins. */
const OFFERED_AT_MOST = 100;
/** The counter of the numbers handed out to nodes that join. */
const COUNTER = "node";

/**
 * Every node of the cluster and its resources. The DEAD are kept up to `deadNodes`; their numbers are never given
 * again, so that a place of a dead node is never taken for one that lives.
 */
export class NodeTable {
  readonly #context: TableContext;
  readonly #rows: Rows<NodeInfo, NodeRecord>;
  readonly #counters: Counters;
  readonly #numbers = new Map<NodeNumber, NodeRecord>();
  /** Numbers handed out to nodes that have not registered yet. */
  readonly #offered = new Set<NodeNumber>();

  constructor(context: TableContext, counters: Counters) {
    this.#context = context;
    this.#counters = counters;
    this.#rows = new Rows(context, { channel: "nodes", stored: "nodes", keep: context.limits.deadNodes });
  }

  get liveCount(): number {
    return this.#rows.liveCount;
  }

  get(nodeId: string): NodeInfo | undefined {
    return this.#rows.get(nodeId)?.info();
  }

  /** The live node of that number. */
  byNumber(number: NodeNumber): NodeInfo | undefined {
    return this.#numbers.get(number)?.info();
  }

  /** Whether the number was a node's that is dead, however long ago: nothing from there counts any more. */
  isGone(number: NodeNumber): boolean {
    if (number >= HEAD_NUMBERS.from) return !this.#numbers.has(number);
    const last = HEAD_NODE + this.#counters.last(COUNTER);
    return number > HEAD_NODE && number <= last && !this.#numbers.has(number) && !this.#offered.has(number);
  }

  /** The node that last had the number, dead or not, as far as it is remembered. */
  lastOf(number: NodeNumber): NodeInfo | undefined {
    for (const row of this.#rows.all()) if (row.number === number) return row.info();
    return undefined;
  }

  /** The number for a node that is about to join. Flush the store before telling it: then it is never given again. */
  nextNumber(): NodeNumber {
    const number = HEAD_NODE + this.#counters.next(COUNTER);
    if (number >= HEAD_NUMBERS.from) throw new RangeError(`${number} nodes have joined this cluster, and no more can: start a new one`);
    this.#offered.add(number);
    const [oldest] = this.#offered;
    if (this.#offered.size > this.#context.limits.deadNodes) this.#offered.delete(oldest as NodeNumber);
    return number;
  }

  /** The live node that is the head. */
  head(): NodeInfo | undefined {
    for (const row of this.#rows.liveRows()) if (row.head) return row.info();
    return undefined;
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
   * what was known, and its reports count from 1 again. `dead` refuses the id of a node that was declared dead, and
   * `unknown` a number that this store did not hand out to it, or so long ago that its death is forgotten: it has to
   * join anew, under another id and number.
   */
  register(spec: NodeSpec): NodeRegistration {
    assertName(this.#context.limits, "nodeId", spec.nodeId);
    assertResources(`node ${spec.nodeId}`, spec.resources);
    const known = this.#rows.get(spec.nodeId);
    if (known?.state === "DEAD") return { outcome: "dead", node: known.info() };
    const number = spec.number ?? known?.number ?? (spec.head ? HEAD_NODE : undefined);
    if (!this.#mayHave(number, known, spec.head === true)) return { outcome: "unknown" };
    const row = known ?? new NodeRecord(spec.nodeId);
    if (number !== undefined) {
      this.#offered.delete(number);
      this.#numbers.set(number, row);
    }
    row.number = number;
    row.reported = 0;
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

  /**
   * Takes a report, which also counts as a sign of life; one that a later one has overtaken changes nothing. False for
   * a node that is dead or unknown: it has to be told so.
   */
  report(report: NodeReport): boolean {
    const row = this.#rows.live(report.nodeId);
    if (!row) return false;
    assertResources(`node ${row.nodeId}`, report.available);
    assertResources(`node ${row.nodeId}`, report.total);
    if (report.sequence !== undefined) {
      if (report.sequence <= row.reported) return true;
      row.reported = report.sequence;
    }
    row.heardMs = this.#context.clock.now();
    if (report.available) row.available = report.available;
    if (report.pending) row.pending = report.pending.slice(0, this.#context.limits.nodePending);
    if (report.total) {
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
    const sinceMs = row.drain?.sinceMs ?? this.#context.clock.now();
    row.drain = { ...drain, reason: boundText(this.#context.limits, drain.reason), sinceMs };
    this.#rows.changed(nodeId, row);
    return true;
  }

  /** Draining nodes whose deadline has passed: they go whether finished or not. */
  overdue(): string[] {
    const now = this.#context.clock.now();
    return Array.from(this.#rows.liveRows())
      .filter((row) => (row.drain?.deadlineMs ?? Infinity) <= now)
      .map((row) => row.nodeId);
  }

  /** Declares a node dead. False when it is already, or unknown. */
  end(nodeId: string, death: DeathRecord): boolean {
    const row = this.#rows.live(nodeId);
    if (!row) return false;
    move(NODE_MOVES, row, { to: "DEAD", what: `Node ${nodeId}` });
    row.endedMs = this.#context.clock.now();
    row.death = boundDeath(this.#context.limits, death);
    row.available = {};
    row.pending = [];
    if (row.number !== undefined) this.#numbers.delete(row.number);
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

  /** What waits on all nodes. */
  pendingDemand(): (PendingDemand & { readonly nodeId: string })[] {
    return Array.from(this.#rows.liveRows()).flatMap(({ nodeId, pending }) => pending.map((each) => ({ ...each, nodeId })));
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
    for (const row of this.#rows.liveRows()) if (row.number !== undefined) this.#numbers.set(row.number, row);
    // Those who have them may be about to register: of the latest that were not there is a row.
    const known = new Set(rows.map(([, { number }]) => number));
    const last = HEAD_NODE + this.#counters.last(COUNTER);
    const first = last + 1 - Math.min(OFFERED_AT_MOST, this.#context.limits.deadNodes);
    for (let number = Math.max(HEAD_NODE + 1, first); number <= last; number++) if (!known.has(number)) this.#offered.add(number);
  }

  #mayHave(number: NodeNumber | undefined, row: NodeRecord | undefined, head: boolean): boolean {
    if (number === undefined) return true;
    if (row?.number !== undefined) return row.number === number;
    if (number >= HEAD_NUMBERS.from) return head && this.lastOf(number) === undefined;
    return number === HEAD_NODE ? !this.#numbers.has(number) : this.#offered.has(number);
  }
}
