import { describe, expect, test } from "bun:test";
import { PROGRAM, VALUES } from "../../fixtures/bundles/program.ts";
import { other, own, pack, Project, unpack } from "../../fixtures/bundles/voyage.ts";

describe("functions of a program that is not there", () => {
  for (const [by, to] of [
    [own, own],
    [own, other],
    [other, own],
  ] as const) {
    test(`run from ${by} to ${to === by ? "the same runtime" : to}`, async () => {
      const shipment = await (async () => {
        using project = new Project(PROGRAM);
        return await pack(project, { by });
      })();
      expect(shipment.errors).toEqual({});
      const arrival = await unpack(shipment, { by: to });
      expect(arrival.errors).toEqual({});
      expect(arrival.values).toEqual(VALUES);
      expect(new Set(Object.values(shipment.kinds))).toEqual(new Set(["module", "source"]));
      console.log(arrival.ms, arrival.evaluated);
    });
  }
});
