import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { DropOrder, References } from "../../actors/objects/mod.ts";
import { Announcer, LocalReferences } from "../../runtime/references/mod.ts";

/** A message on its way; each link delivers in order, and nothing is promised between links. */
type Message = () => void;

/** What a place knows of an object, with its users counted as entries count theirs. */
class Known {
  readonly id: string;
  users = 0;

  constructor(id: string) {
    this.id = id;
  }
}

/** Places, an object manager, and the links between them, all in one thread. */
class World {
  readonly links: Map<string, Message[]> = new Map();
  readonly freed: Set<string> = new Set();
  readonly stored: Set<string> = new Set();
  readonly references: References = new References({
    onDead: (ids) => ids.forEach((id) => this.freed.add(id)),
    schedule: (flush) => flush(),
  });
  readonly drops: DropOrder = new DropOrder((place, ids) => ids.forEach((id) => this.references.drop(id, place)));
  readonly places: Place[];
  nextId = 0;

  constructor(count: number) {
    this.places = Array.from({ length: count }, (_, number) => new Place(this, number));
  }

  send(link: string, message: Message): void {
    let queue = this.links.get(link);
    if (queue === undefined) this.links.set(link, (queue = []));
    queue.push(message);
  }

  /** Delivers the next message of one of the links that have any. */
  step(choice: number): boolean {
    const busy = [...this.links.values()].filter((queue) => queue.length > 0);
    busy[choice % Math.max(1, busy.length)]?.shift()?.();
    return busy.length > 0;
  }

  /** What some place holds, a message carries, or a call will need must not have been freed. */
  check(): void {
    for (const { known } of this.places) {
      for (const { id, users } of known.values())
        if (users > 0 && this.freed.has(id) && this.stored.has(id)) throw new Error(`${id} was freed while it was held`);
    }
  }
}

class Place {
  readonly world: World;
  readonly number: number;
  readonly announcer: Announcer;
  readonly references: LocalReferences<Known>;
  /** Strong, so that the collector has no say here. */
  readonly known: Map<string, Known> = new Map();
  /** The ids of the refs that user code has here, one for each; calls on their way pin others. */
  readonly refs: string[] = [];

  constructor(world: World, number: number) {
    this.world = world;
    this.number = number;
    const { references, drops } = world;
    this.announcer = new Announcer({
      hold: (ids) =>
        world.send(`${number}>manager`, () => {
          for (const id of ids) references.hold(id, number);
          drops.heard(number);
        }),
      drop: (ids, after) => world.send(`${number}>manager`, () => drops.drop(number, ids, after)),
    });
    this.references = new LocalReferences<Known>(this.announcer);
  }

  make(): void {
    const id = `o${this.world.nextId++}`;
    this.world.send(`${this.number}>manager`, () => {
      // Before its value is there nothing is lost when news of others come and go.
      this.world.freed.delete(id);
      this.world.references.hold(id, this.number);
      this.world.stored.add(id);
    });
    this.use(id, true);
    this.refs.push(id);
  }

  /** User code lets go of one of its refs. */
  dispose(which: number): void {
    const [id] = this.refs.splice(which % Math.max(1, this.refs.length), 1);
    if (id !== undefined) this.letGo(id);
  }

  /** One user more; `counted` says that the manager counts this place for it already. */
  use(id: string, counted: boolean): Known {
    const before = this.known.get(id);
    if (before !== undefined) {
      if (counted) this.references.giveBack(id);
      before.users++;
      return before;
    }
    const known = new Known(id);
    known.users = 1;
    this.known.set(id, known);
    this.references.track(id, known, counted);
    return known;
  }

  letGo(id: string): void {
    const known = this.known.get(id);
    if (known === undefined || --known.users > 0) return;
    this.known.delete(id);
    this.references.release(id, known);
  }

  /** Calls `other` with a ref; it may keep it, and may return it or another. */
  call(other: Place, id: string, { keeps, returns }: { keeps: boolean; returns: string | undefined }): void {
    const { world } = this;
    this.use(id, false);
    world.send(`${this.number}>${other.number}`, () => {
      other.use(id, false);
      const result = returns !== undefined && other.refs.includes(returns) ? returns : returns === undefined ? undefined : id;
      if (keeps) other.refs.push(id);
      else other.letGoLater(id);
      if (result !== undefined) world.send(`${other.number}>manager`, () => world.references.hold(result, this.number));
      other.references.flush();
      const count = other.announcer.newsFor(this.number);
      world.send(`${other.number}>${this.number}`, () => {
        if (count !== undefined) this.announcer.learned(other.number, count);
        if (result !== undefined) {
          this.use(result, true);
          this.refs.push(result);
        }
        this.letGo(id);
        this.references.flush();
      });
    });
  }

  /** As when the call's arguments have been let go of after its result was sent. */
  letGoLater(id: string): void {
    this.world.send(`${this.number}!`, () => {
      this.letGo(id);
      this.references.flush();
    });
  }
}

const action = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("make" as const), place: fc.nat() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("call" as const),
      place: fc.nat(),
      other: fc.nat(),
      which: fc.nat(),
      keeps: fc.boolean(),
      returns: fc.option(fc.nat()),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("letGo" as const), place: fc.nat(), which: fc.nat() }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("step" as const), choice: fc.nat() }) },
);

describe("counting references", () => {
  test("frees nothing that is held and all that is not, in whatever order links deliver", () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 20, maxLength: 250 }), fc.array(fc.nat(), { minLength: 50, maxLength: 50 }), (actions, choices) => {
        const world = new World(4);
        const pick = (place: Place, which: number): string | undefined => place.refs[which % Math.max(1, place.refs.length)];
        for (const act of actions) {
          if (act.kind === "step") world.step(act.choice);
          else {
            const place = world.places[act.place % 4]!;
            if (act.kind === "make") place.make();
            else {
              const id = pick(place, act.which);
              if (id === undefined) continue;
              if (act.kind === "letGo") place.dispose(act.which);
              else {
                const other = world.places[act.other % 4]!;
                if (other !== place)
                  place.call(other, id, {
                    keeps: act.keeps,
                    returns: act.returns === null ? undefined : (pick(other, act.returns) ?? id),
                  });
              }
            }
            place.references.flush();
          }
          world.check();
        }
        const drain = (): void => {
          for (let at = 0; world.step(choices[at % choices.length]!); at++) world.check();
        };
        drain();
        for (const place of world.places) {
          while (place.refs.length > 0) place.dispose(0);
          place.references.flush();
        }
        drain();
        expect(world.freed.size).toBe(world.nextId);
        expect([world.references.size, world.drops.size]).toEqual([0, 0]);
      }),
      { numRuns: 2_000, includeErrorInReport: true },
    );
  });
});
