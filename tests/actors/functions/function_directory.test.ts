import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { FunctionDirectory } from "../../../actors/functions/mod.ts";
import { Kernel, placeId, SYSTEM_SLOT } from "../../../runtime/kernel/mod.ts";
import type { ActorTemplate } from "../../../runtime/tasks/mod.ts";
import { faultWire } from "../../../runtime/values/mod.ts";

test("templates of actors stay after the place that made them, as these may be made anew, and go when nothing of the job is left", () => {
  const kernel = new Kernel({ place: placeId(1, SYSTEM_SLOT), faults: faultWire });
  const directory = new FunctionDirectory({ kernel, nodeId: "one", alone: true, bundles: { folder: tmpdir(), workingFolder: tmpdir() } });
  const [dead, alive] = [placeId(1, 2), placeId(1, 3)];
  const publish = (owner: number, number: number, jobId: string): void =>
    directory.publish({ from: owner, attachments: [] }, {
      owner,
      number,
      jobId,
      kind: "actor",
      functionId: "f",
      name: "Counter",
      namespace: "",
    } as unknown as ActorTemplate);
  publish(dead, 1, "a");
  publish(dead, 2, "b");
  publish(alive, 1, "a");
  directory.dropOwner(dead);
  expect(directory.anyTemplate(dead, 1)?.name).toBe("Counter");
  directory.jobReleased("a", []);
  expect(directory.anyTemplate(dead, 1)).toBe(undefined);
  expect([directory.anyTemplate(dead, 2)?.name, directory.anyTemplate(alive, 1)?.name]).toEqual(["Counter", "Counter"]);
});
