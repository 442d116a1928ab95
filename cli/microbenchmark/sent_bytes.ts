import type { ObjectsContract } from "../../runtime/contracts/mod.ts";
import { ActorNumber, remoteContract, systemPlaceOf } from "../../runtime/kernel/mod.ts";
import { session } from "../../runtime/session/mod.ts";

/** Bytes of large values that the node of this place has given to others so far. */
export async function sentBytes(): Promise<number> {
  const { kernel } = session().caller;
  const manager = remoteContract<ObjectsContract>(kernel, systemPlaceOf(kernel.place), ActorNumber.objects);
  return ((await manager.figures(false)) as { sentBytes: number }).sentBytes;
}
