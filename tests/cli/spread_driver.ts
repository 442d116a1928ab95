/** A driver that connects to the cluster of its environment and prints on which nodes its tasks ran; one fails twice. */
import { get, getRuntimeContext, init, remote, shutdown } from "../../mod.ts";

await init({ address: "auto" });
const whereAmI = remote(async function whereAmI() {
  return getRuntimeContext().nodeId;
});
const refs = Array.from({ length: 20 }, () => whereAmI.options({ schedulingStrategy: "SPREAD" }).remote());
const fails = remote(
  async function fails() {
    throw new RangeError("never");
  },
  { retryExceptions: true, maxRetries: 1 },
);
await get(fails.remote()).catch(() => {});
console.log(JSON.stringify([...new Set(await get(refs))]));
await shutdown();
