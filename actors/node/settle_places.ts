import type { PlaceContract } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Clock, type Kernel, type PlaceId, remoteContract } from "../../runtime/kernel/mod.ts";

/** How long workers may take to tell what they have to tell: on a loaded machine a thread may stand still for a while. */
const SETTLE_MS = 500;

/** Waits until all that these places have to tell has come, but not for those that are busy. */
export async function settlePlaces(places: Iterable<PlaceId>, { kernel, clock }: { kernel: Kernel; clock: Clock }): Promise<void> {
  const settled = [...places].map((place) =>
    remoteContract<PlaceContract>(kernel, place, ActorNumber.place)
      .settle()
      .catch(() => {}),
  );
  if (settled.length === 0) return;
  const patience = new Promise<void>((resolve) => void clock.after(SETTLE_MS, resolve));
  await Promise.race([Promise.all(settled), patience]);
}
