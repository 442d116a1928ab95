import { currentEra, Entry, ObjectRef } from "../caller/mod.ts";
import type { PlacementGroupsContract } from "../contracts/mod.ts";
import { PlacementGroupError } from "../errors/mod.ts";
import { ActorNumber, HEAD_PLACE, type Remote, remoteContract } from "../kernel/mod.ts";
import type { Bundle } from "../options/mod.ts";
import { awaiting, neverInShadow, session } from "../session/mod.ts";
import type { PlacementGroup, ObjectRef as PublicRef } from "../types/mod.ts";
import { barePayload } from "../values/mod.ts";

/** A placement group's handle as it travels. */
export type PlacementGroupWire = readonly [id: string, name: string | null, bundles: readonly Bundle[]];

/** How long `wait` waits unless told otherwise, as with Ray. */
const WAIT_MS = 30_000;

/** A placement group, at the place that made it or wherever its handle went. */
export class PlacementGroupHandle implements PlacementGroup {
  readonly name: string | undefined;
  readonly bundleSpecs: readonly Bundle[];
  readonly #id: string;
  readonly #era: number = currentEra();
  /** At its maker: fails when it could not be registered. */
  readonly #registered: Promise<unknown> | undefined;

  private constructor([id, name, bundles]: PlacementGroupWire, registered: Promise<unknown> | undefined) {
    this.#id = id;
    this.name = name ?? undefined;
    this.bundleSpecs = bundles;
    this.#registered = registered;
    // Whoever waits for the group hears of it.
    registered?.catch(() => {});
  }

  static of(wire: PlacementGroupWire, registered?: Promise<unknown>): PlacementGroupHandle {
    return new PlacementGroupHandle(wire, registered);
  }

  static is(value: unknown): value is PlacementGroupHandle {
    return typeof value === "object" && value !== null && #registered in value;
  }

  static wireOf(group: PlacementGroupHandle): PlacementGroupWire {
    return [group.id, group.name ?? null, group.bundleSpecs];
  }

  /** @throws PlacementGroupError when its session has ended: the next may have another group of that id */
  get id(): string {
    if (this.#era === currentEra()) return this.#id;
    throw new PlacementGroupError({ reason: "not-found", placementGroupId: this.#id, detail: "its session was shut down" });
  }

  get bundleCount(): number {
    return this.bundleSpecs.length;
  }

  ready(): PublicRef<true> {
    const { caller } = session();
    const entry = new Entry(caller.place, caller.nextSequence());
    this.#created().then(
      () => caller.outcomes.settle(entry, barePayload(true)),
      (error) => caller.outcomes.settle(entry, caller.objects.packFault(error)),
    );
    return new ObjectRef<true>(entry) as unknown as PublicRef<true>;
  }

  async wait(timeoutMs: number = WAIT_MS): Promise<boolean> {
    const shadow = neverInShadow();
    if (shadow !== undefined) return await shadow;
    if (typeof timeoutMs !== "number") throw new TypeError(`wait() takes a time in milliseconds, not ${typeof timeoutMs}`);
    if (!(timeoutMs >= 0)) throw new RangeError(`wait() takes a time of 0 ms or more, not ${timeoutMs}`);
    const { clock } = session().caller;
    let stop = (): void => {};
    const late = new Promise<false>((resolve) => {
      if (timeoutMs !== Number.POSITIVE_INFINITY) stop = clock.after(timeoutMs, () => resolve(false));
    });
    const created = this.#created().then(() => true as const);
    return await awaiting(Promise.race([created, late]).finally(stop));
  }

  toString(): string {
    return `PlacementGroup(${this.name ?? this.#id})`;
  }

  /** Resolves when every bundle is reserved. @throws PlacementGroupError */
  async #created(): Promise<void> {
    // Both at once: when the first fails, the second does for want of it, and later.
    await Promise.all([this.#registered, keeper().ready(this.id)]);
  }
}

/** The control store's keeper of placement groups. */
export function keeper(): Remote<PlacementGroupsContract> {
  const { kernel } = session().caller;
  return remoteContract<PlacementGroupsContract>(kernel, HEAD_PLACE, ActorNumber.placementGroups);
}
