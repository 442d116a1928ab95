import { AcceleratorIds, Admission, Bundles, LocalScheduler, NodeResources } from "../../actors/scheduler/mod.ts";
import type { Frame, Link } from "../../net/mod.ts";
import { Caller, type Entry, fetchOutcome } from "../../runtime/caller/mod.ts";
import { currentCall } from "../../runtime/context/mod.ts";
import { ActorNumber, type Clock, Kernel, type PlaceId, placeId } from "../../runtime/kernel/mod.ts";
import { resolveTaskOptions } from "../../runtime/options/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import type { TaskTemplate } from "../../runtime/tasks/mod.ts";
import { contextOf, encodeValue, faultWire } from "../../runtime/values/mod.ts";
import { type AnyFunction, Executor, TemplateCache } from "../../runtime/worker/mod.ts";

/** What a simulated task does: works a while, runs children and waits for them, throws. */
export interface Plan {
  readonly id: number;
  readonly cpus: number;
  /** Turns of the simulation that it takes before and after its children. */
  readonly turns: number;
  readonly children: readonly Plan[];
  /** It keeps its worker's thread until the task of this number has begun: nothing that comes there is looked at meanwhile. */
  readonly until?: number;
}

/** Time that passes when nothing else can happen. */
class SimulatedClock implements Clock {
  readonly #due: Set<{ at: number; action: () => void }> = new Set();
  #now = 0;

  now(): number {
    return this.#now;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { at: this.#now + delayMs, action };
    this.#due.add(timer);
    return () => this.#due.delete(timer);
  }

  soon(action: () => void): void {
    this.after(0, action);
  }

  /** Runs the next timer. False when there is none. */
  step(): boolean {
    const [next] = [...this.#due].sort((a, b) => a.at - b.at);
    if (next === undefined) return false;
    this.#due.delete(next);
    this.#now = Math.max(this.#now, next.at);
    next.action();
    return true;
  }
}

interface SimulatedPlace {
  readonly kernel: Kernel;
  readonly caller: Caller;
}

const SYSTEM = placeId(1, 0);
const DRIVER = placeId(1, 1);

/**
 * A node without threads: the real scheduler, owners and runners, over links whose frames are delivered one at a
 * time in any order that real links allow, as `choose` says.
 */
export class SimulatedNode {
  readonly ran: number[] = [];
  readonly faults: unknown[] = [];
  readonly resources: NodeResources;
  readonly #choose: (count: number) => number;
  readonly #clock: SimulatedClock = new SimulatedClock();
  readonly #system: Kernel;
  readonly #scheduler: LocalScheduler;
  readonly #places: Map<PlaceId, SimulatedPlace> = new Map();
  readonly #channels: Map<string, { to: PlaceId; frames: Frame[] }> = new Map();
  /** What may happen at any time beside a frame's delivery. */
  readonly #events: Set<() => void> = new Set();
  readonly #templates: Map<string, TaskTemplate> = new Map();
  readonly #published: Set<string> = new Set();
  readonly #waiters: Map<string, (() => void)[]> = new Map();
  readonly #begun: Set<number> = new Set();
  /** Workers that stand still, and what lets each go on. */
  readonly #standing: Map<PlaceId, { until: number; goOn: () => void }> = new Map();
  #nextPlace = DRIVER + 1;
  #workers = 0;

  constructor(options: { cpus: number; workers: number; choose: (count: number) => number }) {
    this.#choose = options.choose;
    this.resources = new NodeResources(ResourceSet.from({ CPU: options.cpus }));
    this.#system = new Kernel({ place: SYSTEM, faults: faultWire, onFault: (error) => void this.faults.push(error) });
    this.#scheduler = new LocalScheduler({
      kernel: this.#system,
      clock: this.#clock,
      resources: this.resources,
      accelerators: new AcceleratorIds([]),
      admission: new Admission({
        nodeId: "n",
        takesWork: true,
        resources: this.resources,
        bundles: new Bundles(this.resources),
        global: { place: () => new Promise(() => {}), withdraw: async () => {} },
        changed: () => {},
      }),
      isolation: "thread",
      spillover: { nodeId: "n", global: { allot: () => new Promise(() => {}), withdraw: async () => {} }, alone: () => true },
      template: (owner, number) => (this.#published.has(`${owner}.${number}`) ? this.#templates.get(`${owner}.${number}`) : undefined),
      whenPublished: (owner, number, action) => {
        const key = `${owner}.${number}`;
        this.#waiters.set(key, [...(this.#waiters.get(key) ?? []), action]);
      },
      whenHere: (_ids, action) => {
        action();
        return () => {};
      },
      whenAvailable: (_ids, action) => {
        action();
        return () => {};
      },
      places: () => this.#places.keys(),
      workers: {
        request: () => {
          if (this.#workers >= options.workers) return false;
          this.#workers++;
          this.#soon(() => {
            const place = this.#nextPlace++;
            this.#open(place);
            this.#scheduler.workerReady(place, "thread", "null");
          });
          return true;
        },
        kill: (place) => this.#soon(() => this.lose(place, "exit")),
        retire: (place) => this.#soon(() => this.lose(place, "terminated")),
      },
      scheduled: () => {},
    });
    this.#system.register(ActorNumber.localScheduler, this.#scheduler);
    this.#system.register(ActorNumber.gcs, { receive: (envelope) => this.#publish(envelope[3] as string) });
    this.#open(DRIVER);
  }

  /** Submits from the driver; resolves with each task's result. */
  submit(plans: readonly Plan[]): Promise<unknown>[] {
    const { caller } = this.#places.get(DRIVER) as SimulatedPlace;
    return plans.map((plan) => this.#outcome(caller, plan));
  }

  /** A worker ends; what it had is told as lost. */
  lose(place: PlaceId, cause: "exit" | "terminated"): void {
    if (!this.#places.delete(place)) return;
    this.#workers--;
    for (const [key, channel] of this.#channels) if (channel.to === place) this.#channels.delete(key);
    // What it had sent arrives; its death is told when the host has noticed.
    this.#clock.after(5, () => this.#scheduler.workerLost(place, encodeValue({ cause }, contextOf()).bytes));
  }

  get nowMs(): number {
    return this.#clock.now();
  }

  get workers(): PlaceId[] {
    return [...this.#places.keys()].filter((place) => place !== DRIVER);
  }

  /** Lets things happen, one after the other, until nothing is left but timers, then those, until `done`. */
  async run(done: () => boolean, { mayRest = false }: { mayRest?: boolean } = {}): Promise<void> {
    for (let steps = 0; !done(); steps++) {
      if (steps > 50_000) throw new Error("the simulation does not come to an end");
      // Whatever a turn leads to by promises happens before the next.
      for (let i = 0; i < 25; i++) await Promise.resolve();
      if (done()) return;
      const channels = [...this.#channels.values()].filter(({ to, frames }) => frames.length > 0 && !this.#standing.has(to));
      const events = [...this.#events];
      const possible = channels.length + events.length;
      if (possible === 0) {
        if (mayRest) return;
        if (!this.#clock.step()) throw new Error("stuck: nothing can happen any more, and not all is done");
        continue;
      }
      const chosen = this.#choose(possible);
      if (chosen < channels.length) {
        const channel = channels[chosen] as { to: PlaceId; frames: Frame[] };
        const frame = channel.frames.shift() as Frame;
        if (channel.to === SYSTEM) this.#system.receive(frame);
        else this.#places.get(channel.to)?.kernel.receive(frame);
      } else {
        const event = events[chosen - channels.length] as () => void;
        this.#events.delete(event);
        event();
      }
    }
  }

  #soon(action: () => void): void {
    this.#events.add(action);
  }

  #link(from: PlaceId, to: PlaceId): Link {
    const key = `${from}-${to}`;
    return {
      send: (frame) => {
        if (![from, to].every((place) => place === SYSTEM || this.#places.has(place))) return;
        let channel = this.#channels.get(key);
        if (channel === undefined) {
          channel = { to, frames: [] };
          this.#channels.set(key, channel);
        }
        channel.frames.push(frame);
      },
      close: () => {},
      keepAlive: () => {},
    };
  }

  #open(place: PlaceId): void {
    const clock = this.#clock;
    const kernel: Kernel = new Kernel({
      place,
      faults: faultWire,
      onFault: (error) => void this.faults.push(error),
      onUnlinked: (to) => this.#soon(() => this.#connect(place, to)),
    });
    kernel.connectGateway(SYSTEM, this.#link(place, SYSTEM));
    this.#system.connect(place, this.#link(SYSTEM, place));
    const unused = (): never => {
      throw new Error("not simulated");
    };
    const caller = new Caller({
      kernel,
      clock,
      buffers: { allocate: unused, slotOf: unused, collect() {}, sweep() {}, released() {}, mapped() {} },
      runInline: unused,
      batches: () => true,
      print() {},
    });
    const table = {
      template: (owner: PlaceId, number: number) => Promise.resolve(this.#templates.get(`${owner}.${number}`)),
      function: () => Promise.resolve({}),
    };
    const templates = new TemplateCache({
      table: table as never,
      materialise: () => Promise.resolve(((plan: Plan) => this.#perform(caller, plan)) as AnyFunction),
      place,
      own: { own: () => undefined },
    });
    new Executor(caller, templates, { nodeId: "n", jobId: "j", namespace: "", nodeLabels: {} });
    this.#places.set(place, { kernel, caller });
  }

  /** A link of its own between two places, once the system worker has made one. */
  #connect(one: PlaceId, other: PlaceId): void {
    const [a, b] = [this.#places.get(one), this.#places.get(other)];
    if (a === undefined || b === undefined) return;
    if (!a.kernel.hasLink(other)) a.kernel.connect(other, this.#link(one, other));
    if (!b.kernel.hasLink(one)) b.kernel.connect(one, this.#link(other, one));
  }

  #template(owner: PlaceId, cpus: number): TaskTemplate {
    const number = cpus * 2;
    const key = `${owner}.${number}`;
    let template = this.#templates.get(key);
    if (template === undefined) {
      const options = resolveTaskOptions({ numCpus: cpus, maxRetries: -1 }, {
        name: "simulated",
        generator: false,
      } as never);
      template = {
        owner,
        number,
        kind: "task",
        jobId: "j",
        namespace: "n",
        functionId: "f",
        name: "simulated",
        options,
        schedulingClass: `cpus ${cpus}`,
      };
      this.#templates.set(key, template);
      // On the owner's own link, ahead of what names it there.
      this.#places.get(owner)?.kernel.send(SYSTEM, [ActorNumber.gcs, "publish", 0, key]);
    }
    return template;
  }

  #publish(key: string): void {
    this.#published.add(key);
    for (const waiter of this.#waiters.get(key) ?? []) waiter();
    this.#waiters.delete(key);
  }

  #outcome(caller: Caller, plan: Plan): Promise<unknown> {
    const { entries } = caller.submitTask(this.#template(caller.place, plan.cpus), [plan]);
    return fetchOutcome(entries[0] as Entry, caller.objects);
  }

  async #perform(caller: Caller, plan: Plan): Promise<number> {
    const call = currentCall();
    this.#begun.add(plan.id);
    for (const { until, goOn } of this.#standing.values()) if (until === plan.id) goOn();
    const { until } = plan;
    if (until !== undefined && !this.#begun.has(until)) {
      await new Promise<void>((goOn) => this.#standing.set(caller.place, { until, goOn }));
      this.#standing.delete(caller.place);
    }
    for (let i = 0; i < plan.turns; i++) await new Promise<void>((resolve) => this.#soon(resolve));
    if (plan.children.length > 0) {
      const results = plan.children.map((child) => this.#outcome(caller, child));
      call?.block();
      await Promise.all(results);
      call?.unblock();
    }
    for (let i = 0; i < plan.turns; i++) await new Promise<void>((resolve) => this.#soon(resolve));
    this.ran.push(plan.id);
    return plan.id;
  }
}
