import process from "node:process";
import { type ActorClass, getRuntimeContext, type ObjectRef, put, remote } from "../../mod.ts";

/** Makes objects, and ends. */
class Maker {
  #refs: ObjectRef<unknown>[] = [];

  make(): ObjectRef<unknown>[] {
    this.#refs = [put("small"), put(new Float64Array(50_000))];
    return this.#refs;
  }

  pending(): ObjectRef<unknown>[] {
    const never = remote(async () => await new Promise(() => {}), { numCpus: 0 });
    return [never.remote()];
  }

  leave(): void {
    console.log("the maker leaves");
    process.exit(9);
  }

  where(): string {
    return getRuntimeContext().nodeId;
  }
}

export const MakerActor: ActorClass<typeof Maker> = remote(Maker, { isolation: "process", numCpus: 0, labelSelector: { zone: "lasting" } });
