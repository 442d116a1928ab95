import { type ActorClass, getRuntimeContext, remote } from "../../mod.ts";

const THEN = "then";

export class Base {
  #secret = 41;
  arrow = (x: number): number => x * 3;
  inherited(): number {
    return this.#secret;
  }
  overridden(): string {
    return "base";
  }
  *many(n: number): Generator<number> {
    for (let i = 0; i < n; i++) yield i;
  }
}

export class Kitchen extends Base {
  static methods = { pair: { numReturns: 2 }, listed: { numReturns: 2 }, held: { generatorBackpressure: 2 } } as const;
  #made = 0;
  get getter(): () => string {
    return () => "from a getter";
  }
  override overridden(): string {
    return `${super.overridden()} and more`;
  }
  async later(x: number): Promise<number> {
    await Promise.resolve();
    return x + 1;
  }
  pair(): [string, number] {
    return ["a", 1];
  }
  *listed(): Generator<string, void> {
    yield "x";
    yield "y";
  }
  async *failing(): AsyncGenerator<number> {
    yield 1;
    await Promise.resolve();
    throw new RangeError("after one");
  }
  *held(): Generator<number> {
    for (let i = 0; i < 6; i++) {
      this.#made++;
      yield i;
    }
  }
  made(): number {
    return this.#made;
  }
  thenable(kind: "throws when looked at" | "throws when called" | "calls back twice"): unknown {
    if (kind === "throws when looked at") {
      return {
        get [THEN]() {
          throw new RangeError(kind);
        },
      };
    }
    return {
      [THEN]: (resolve: (value: string) => void) => {
        if (kind === "throws when called") throw new RangeError(kind);
        resolve("once");
        resolve("twice");
      },
    };
  }
  throws(message: string): never {
    throw Object.assign(new RangeError(message), { field: "age" });
  }
  self(): Facts {
    return facts();
  }
}

export interface Facts {
  actorId: string | undefined;
  actorName: string | undefined;
  namespace: string;
  taskName: string | undefined;
  reconstructed: boolean;
}

function facts(): Facts {
  const { actorId, actorName, namespace, taskName, wasCurrentActorReconstructed } = getRuntimeContext();
  return { actorId, actorName, namespace, taskName, reconstructed: wasCurrentActorReconstructed };
}

export const KitchenActor: ActorClass<typeof Kitchen> = remote(Kitchen, { maxConcurrency: 2 });
