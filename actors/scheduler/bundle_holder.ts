import type { BundlesContract } from "../../runtime/contracts/mod.ts";
import type { Caller } from "../../runtime/kernel/mod.ts";
import { ResourceSet } from "../../runtime/resources/mod.ts";
import type { Bundles } from "./bundles.ts";
import type { LocalScheduler } from "./local_scheduler.ts";

/** A node's answers to those who place bundles on it. */
export class BundleHolder implements BundlesContract {
  readonly #bundles: Bundles;
  readonly #scheduler: Pick<LocalScheduler, "makeRoom" | "wake" | "groups">;

  constructor(bundles: Bundles, scheduler: Pick<LocalScheduler, "makeRoom" | "wake" | "groups">) {
    this.#bundles = bundles;
    this.#scheduler = scheduler;
  }

  prepareBundles(_caller: Caller, groupId: string, bundles: readonly (readonly [number, Readonly<Record<string, number>>])[]): boolean {
    const prepared = this.#bundles.prepare(
      groupId,
      bundles.map(([index, resources]) => [index, ResourceSet.from(resources)] as const),
    );
    if (!prepared) this.#scheduler.makeRoom();
    return prepared;
  }

  commitBundles(_caller: Caller, groupId: string): boolean {
    const committed = this.#bundles.commit(groupId);
    if (committed) this.#scheduler.wake();
    return committed;
  }

  unprepareBundles(_caller: Caller, groupId: string, indexes: readonly number[]): void {
    this.#bundles.unprepare(groupId, indexes);
    this.#scheduler.wake();
  }

  returnBundles(_caller: Caller, groupId: string, fault: Uint8Array): void {
    this.#scheduler.groups.end(groupId, fault);
    this.#bundles.release(groupId);
    this.#scheduler.wake();
  }

  vacateBundles(_caller: Caller, groupId: string): void {
    this.#scheduler.groups.leave(groupId);
    this.#bundles.release(groupId);
    this.#scheduler.wake();
  }

  makeRoom(): void {
    this.#scheduler.makeRoom();
  }
}
