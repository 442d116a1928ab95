import { type Allotment, type GlobalSchedulerContract, SchedulerOp, type TaskStop } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Clock, type Kernel, type NodeNumber, type PlaceId, placeId, type Remote, SYSTEM_SLOT } from "../../runtime/kernel/mod.ts";
import { claimantOfNode, TaskBatch } from "../../runtime/tasks/mod.ts";
import type { ClassQueue, QueuedTask } from "./class_queue.ts";
import { FeedWindow } from "./feed_window.ts";
import { Paces } from "./paces.ts";
import type { TaskNews } from "./task_news.ts";

/** How long a node that has taken all that was sent there stays known as one that had room. */
const SHARE_LINGER_MS = 500;
/** Tasks that one request asks for room for, at most. */
const WANTED_AT_MOST = 256;
/** Where nothing waits any more, the question stays open for so long: the next task often comes soon. Milliseconds. */
const ASKED_LINGER_MS = 1_000;

export interface SpilloverOptions {
  kernel: Kernel;
  clock: Clock;
  nodeId: string;
  node: NodeNumber;
  news: TaskNews;
  global: Pick<Remote<GlobalSchedulerContract>, "allot" | "withdraw">;
  /** Whether this node is the only one. */
  alone(): boolean;
  /** This node itself was chosen for tasks of the queue: so many may run here. */
  here(queue: ClassQueue, tasks: number): void;
  /** Nobody can ever run what waits. */
  refuse(queue: ClassQueue, error: unknown): void;
  /** Bytes of these objects by the node that has them, as far as is known here. */
  bytesByNode?(ids: readonly string[]): Record<string, number>;
}

/** What another node runs of one scheduling class. */
interface Share {
  readonly node: NodeNumber;
  readonly window: FeedWindow;
  /** The template of what was sent since the window was empty; none when they were several. */
  kind: string | undefined;
  stopLinger: (() => void) | undefined;
}

/** A question about a queue that has no answer yet. */
interface Asked {
  readonly ticket: string;
  stopLinger: (() => void) | undefined;
}

/**
 * Sends tasks that this node cannot run now, or may not, to the schedulers of other nodes.
 *
 * The global scheduler says which nodes have room for a class. Each of them is then fed from this node's queue, by a
 * window that follows its pace, so that its workers find the next task there, and long tasks are not hoarded by one
 * node while another idles. Results go straight to the owners; that a task went on is told to its owner, by its
 * claimant in a batch or by `CallerOp.moved`, so that it can be tried again when that node dies.
 */
export class Spillover {
  readonly #options: SpilloverOptions;
  readonly #shares: Map<ClassQueue, Map<NodeNumber, Share>> = new Map();
  readonly #asking: Map<ClassQueue, Asked> = new Map();
  #tickets = 0;
  readonly #paces: Paces = new Paces();
  /** Nodes that take nothing new. */
  readonly #closed: Set<NodeNumber> = new Set();
  /** Queues whose tasks run on this node as well. */
  readonly #alsoHere: WeakSet<ClassQueue> = new WeakSet();
  readonly #tell: (node: NodeNumber) => PlaceId = (node) => placeId(node, SYSTEM_SLOT);

  constructor(options: SpilloverOptions) {
    this.#options = options;
  }

  /** Tasks wait that nothing on this node will take now. `mayRunHere`: they run here as soon as there is room. */
  offer(queue: ClassQueue, mayRunHere: boolean): void {
    if (mayRunHere && this.#options.alone()) return;
    if (mayRunHere) this.#alsoHere.add(queue);
    for (const share of this.#shares.get(queue)?.values() ?? []) this.#feed(queue, share);
    this.#askForMore(queue);
  }

  /** Nothing waits in the queue now. */
  emptied(queue: ClassQueue): void {
    const asked = this.#asking.get(queue);
    if (asked === undefined) return;
    asked.stopLinger ??= this.#options.clock.after(ASKED_LINGER_MS, () => {
      asked.stopLinger = undefined;
      if (queue.waiting === 0 && this.#asking.get(queue) === asked) this.#withdraw(queue);
    });
  }

  /** Another node's workers have begun so many of the tasks that were sent there. */
  taken(schedulingClass: string, node: NodeNumber, count: number): void {
    for (const [queue, shares] of this.#shares) {
      const share = queue.schedulingClass === schedulingClass ? shares.get(node) : undefined;
      if (share === undefined) continue;
      share.window.taken(count, this.#options.clock.now());
      this.#paces.learn(share.kind, share.window.paceMs);
      this.#feed(queue, share);
      this.#askForMore(queue);
      if (share.window.outstanding === 0 && queue.waiting === 0) this.#linger(queue, share);
    }
  }

  /** Another node has no room any more for what was sent there: it is asked for only when it has. */
  cameBack(schedulingClass: string, node: NodeNumber): void {
    for (const [queue, shares] of this.#shares) {
      if (queue.schedulingClass !== schedulingClass) continue;
      shares.get(node)?.stopLinger?.();
      shares.delete(node);
    }
  }

  /** Passes a cancellation on to the nodes that may have the task. */
  cancel(owner: PlaceId, sequence: number, how: TaskStop): void {
    const nodes = new Set([...this.#shares.values()].flatMap((shares) => [...shares.keys()]));
    for (const node of nodes) {
      this.#options.kernel.send(this.#tell(node), [ActorNumber.localScheduler, "cancelFor", 0, owner, sequence, how]);
    }
  }

  /** A node takes nothing new: it is fed no more. */
  closedTo(node: NodeNumber): void {
    this.#closed.add(node);
    for (const shares of this.#shares.values()) {
      shares.get(node)?.stopLinger?.();
      shares.delete(node);
    }
  }

  /** A node is gone. */
  nodeLost(node: NodeNumber): void {
    this.#closed.delete(node);
    for (const shares of this.#shares.values()) {
      shares.get(node)?.stopLinger?.();
      shares.delete(node);
    }
  }

  /** The queue is gone. */
  forget(queue: ClassQueue): void {
    for (const share of this.#shares.get(queue)?.values() ?? []) share.stopLinger?.();
    this.#shares.delete(queue);
    this.#withdraw(queue);
  }

  /** The answer, whatever it is, is not waited for. */
  #withdraw(queue: ClassQueue): void {
    const asked = this.#asking.get(queue);
    if (asked === undefined) return;
    this.#asking.delete(queue);
    asked.stopLinger?.();
    // Asked, as the next head has to hear of it as well.
    this.#options.global.withdraw(asked.ticket).catch(() => {});
  }

  /** More waits than is under way: other nodes may have room for it. */
  #askForMore(queue: ClassQueue): void {
    if (this.#asking.has(queue) || queue.waiting === 0) return;
    const asked: Asked = { ticket: `${this.#options.nodeId}/${this.#tickets++}`, stopLinger: undefined };
    this.#asking.set(queue, asked);
    const isAnswered = (): boolean => {
      asked.stopLinger?.();
      return this.#asking.get(queue) === asked && this.#asking.delete(queue);
    };
    const { global, nodeId, bytesByNode } = this.#options;
    const needs = queue.singles.peek()?.needs ?? [];
    const locality = needs.length === 0 ? undefined : bytesByNode?.(needs);
    const wanted = Math.min(queue.waiting, WANTED_AT_MOST);
    global
      .allot(queue.placement, {
        ticket: asked.ticket,
        from: nodeId,
        wanted,
        elsewhere: this.#alsoHere.has(queue),
        ...(locality === undefined ? {} : { locality }),
      })
      .then(
        (allotted) => {
          if (!isAnswered()) return;
          const waiting = queue.waiting;
          for (const allotment of allotted) this.#allotted(queue, allotment);
          // What may run here now is this node's own scheduler's to look at, and full windows wait for news.
          if (queue.waiting < waiting) this.#askForMore(queue);
        },
        (error) => {
          if (isAnswered()) this.#options.refuse(queue, error);
        },
      );
  }

  #allotted(queue: ClassQueue, [nodeId, node, tasks]: Allotment): void {
    if (nodeId === this.#options.nodeId) {
      this.#options.here(queue, tasks);
      return;
    }
    if (this.#closed.has(node)) return;
    let shares = this.#shares.get(queue);
    if (shares === undefined) this.#shares.set(queue, (shares = new Map()));
    let share = shares.get(node);
    if (share === undefined) {
      // Tasks that are to be spread are sent by the number that was asked about, no more.
      share = {
        node,
        window: new FeedWindow(tasks, { grows: queue.placement.schedulingStrategy !== "SPREAD" }),
        kind: undefined,
        stopLinger: undefined,
      };
      shares.set(node, share);
    } else share.window.widen(tasks);
    this.#feed(queue, share);
  }

  /** Sends what the node's window has room for. */
  #feed(queue: ClassQueue, share: Share): void {
    share.stopLinger?.();
    share.stopLinger = undefined;
    const { clock } = this.#options;
    const kind = queue.nextKind;
    if (share.window.outstanding > 0 && share.kind !== kind) share.kind = undefined;
    else if (share.window.outstanding === 0) {
      share.kind = kind;
      const pace = this.#paces.of(kind);
      if (pace !== undefined) share.window.expect(pace);
    }
    for (let room = share.window.next; room > 0; room = share.window.next) {
      const sent = this.#sendSome(queue, share.node, room);
      if (sent === 0) break;
      share.window.sent(sent, clock.now());
    }
    if (share.window.outstanding === 0) this.#linger(queue, share);
  }

  #sendSome(queue: ClassQueue, node: NodeNumber, room: number): number {
    const { kernel, news } = this.#options;
    const to = this.#tell(node);
    const moved: QueuedTask[] = [];
    for (let task = queue.singles.shift(); task !== undefined; task = queue.singles.shift()) {
      kernel.send(to, submission(task));
      if (moved.push(task) === room) break;
    }
    news.moved(node, moved);
    let count = moved.length;
    while (count < room) {
      const part = queue.takePart(claimantOfNode(node), room - count);
      if (part === undefined) break;
      const attachment = kernel.attach(to, TaskBatch.of(part.records).buffer);
      kernel.send(to, [ActorNumber.localScheduler, SchedulerOp.spilled, part.owner, part.template, attachment]);
      count += part.records.length;
    }
    return count;
  }

  /** The node may be asked for more soon: what it was chosen for still holds for a while. */
  #linger(queue: ClassQueue, share: Share): void {
    share.window.rest();
    share.stopLinger ??= this.#options.clock.after(SHARE_LINGER_MS, () => {
      const shares = this.#shares.get(queue);
      if (shares?.get(share.node) === share) shares.delete(share.node);
      if (shares?.size === 0) this.#shares.delete(queue);
    });
  }
}

/** A task as it goes on to another node's scheduler. */
function submission(task: QueuedTask): [number, number, ...unknown[]] {
  const { owner, template, sequence, form, data, needs, flags } = task;
  return [ActorNumber.localScheduler, SchedulerOp.submit, owner, template, sequence, form, data, needs, flags];
}
