/** A driver whose task, actor and placement group need what no node has yet; prints where they went when one has come. */
import { get, getRuntimeContext, init, placementGroup, remote } from "../../mod.ts";

await using _context = await init({ address: "auto" });
const tall = remote(async function tall() {
  return getRuntimeContext().nodeId;
});
class Wide {
  where(): string {
    return getRuntimeContext().nodeId;
  }
}
const task = tall.options({ resources: { tpu: 3 } }).remote();
const actor = remote(Wide, { numCpus: 0, labelSelector: { zone: "new" } }).remote();
const group = placementGroup([{ tpu: 1 }], { name: "boxes" });
await group.ready();
console.log(JSON.stringify(await get([task, actor.where.remote()])));
