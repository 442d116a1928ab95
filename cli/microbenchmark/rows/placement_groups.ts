/** Ray's row about placement groups. */
import * as ray from "../../../mod.ts";
import { type Family, type Row, rateRow } from "../row.ts";

interface Group {
  wait(timeoutMs?: number): Promise<boolean>;
}

interface Groups {
  placementGroup(bundles: readonly Readonly<Record<string, number>>[]): Group;
  removePlacementGroup(group: Group): void | Promise<void>;
}

const GROUPS = 100;
const NAME = "placement group create/removal";

const row: Row = rateRow(NAME, { calls: GROUPS }, () => {
  const { placementGroup, removePlacementGroup } = ray as unknown as Groups;
  return {
    async run(times) {
      let completed = 0;
      for (let i = 0; i < times; i++) {
        const groups = Array.from({ length: GROUPS }, () => placementGroup([{ custom: 0.001 }]));
        for (const group of groups) if (await group.wait(30_000)) completed++;
        for (const group of groups) await removePlacementGroup(group);
      }
      return completed;
    },
  };
});

export const placementGroups: Family = {
  name: "placement groups",
  node: { resources: { custom: 100 } },
  rows: "placementGroup" in ray ? [row] : [{ ...row, measure: async () => ({ skipped: "there are none yet" }) }],
};
