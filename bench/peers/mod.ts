/** Worker pools that people use today, and Ray itself. Each runs in a process of its own. */
import type { Family, Figures, Plan, Row, Skipped } from "../../cli/microbenchmark/mod.ts";
import { runChild } from "../child.ts";
import { peerNames } from "./pool.ts";
import { ray } from "./ray.ts";

/** Far more than a run needs; a pool that does not work in this runtime may as well hang as fail. */
const deadlineMs = ({ repeats, seconds, warmUpSeconds }: Plan): number => 15_000 + 2000 * (warmUpSeconds + repeats * seconds);

/** Pools that were found not to work here, and why: the second row of one need not wait for it again. */
const broken = new Map<string, string>();

function poolRow(peer: string, way: "sync" | "bulk"): Row {
  return {
    name: `${peer} ${way}`,
    unit: "/s",
    targets: [],
    async measure(plan): Promise<Figures | Skipped> {
      const known = broken.get(peer);
      if (known !== undefined) return { skipped: known };
      const { value, failure } = await runChild("peers/program.ts", {
        args: [peer, way, JSON.stringify(plan)],
        deadlineMs: deadlineMs(plan),
      });
      // What was printed counts, however the pool's threads end.
      if (value !== undefined) return value as Figures;
      const skipped = `does not run in this runtime: ${failure}`;
      if (way === "sync") broken.set(peer, skipped);
      return { skipped };
    },
  };
}

const pools: Family = {
  name: "peers: worker pools",
  brief: true,
  rows: peerNames.flatMap((peer) => [poolRow(peer, "sync"), poolRow(peer, "bulk")]),
};

export { besidePools } from "./side_by_side.ts";

export const peers: readonly Family[] = [pools, ray];
