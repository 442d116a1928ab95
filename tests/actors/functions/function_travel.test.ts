import { describe, expect, test } from "bun:test";
import { type BundlesRoom, FunctionTravel } from "../../../actors/functions/function_travel.ts";
import { Gcs, MemoryStorage } from "../../../actors/gcs/mod.ts";
import { HEAD_NODE, HEAD_PLACE, Kernel, placeId, SYSTEM_SLOT } from "../../../runtime/kernel/mod.ts";
import { faultWire } from "../../../runtime/values/mod.ts";
import { waitForCondition } from "../../../testing/mod.ts";

/** A head whose tables have the function "f" of job "j", with the bundle "b", that says what is done with the files. */
async function setUp({ read = async (): Promise<unknown> => ({ id: "b" }) } = {}) {
  const storage = new MemoryStorage({ kept: true });
  const gcs = new Gcs({ clock: { now: () => 0 }, storage });
  await gcs.recover();
  gcs.jobs.add({ jobId: "j", namespace: "n" });
  gcs.functions.register({ descriptorId: "f", jobId: "j", definition: { id: "f", name: "f", jobId: "j", definition: {} } });
  const said: string[] = [];
  class Travel {
    bring = async () => ["b"];
    keep = async () => {};
    pin = (id: string) => void said.push(`pinned ${id}`);
    read(): Promise<unknown> {
      said.push("read");
      return read();
    }
    async remove(id: string): Promise<void> {
      said.push(`removed ${id}`);
      throw new Error("the folder is busy");
    }
  }
  const room = { DefinitionTravel: Travel, BundleStore: class {}, PackageMissing: Error } as unknown as BundlesRoom;
  const travel = new FunctionTravel({
    kernel: new Kernel({ place: placeId(HEAD_NODE, SYSTEM_SLOT), alias: HEAD_PLACE, faults: faultWire }),
    nodeId: "head",
    bundles: { folder: "/nowhere", workingFolder: "/nowhere" },
    alone: false,
    load: async () => room,
    gcs: () => gcs,
  });
  gcs.functions.onReleased = (_jobId, dropped) => travel.dropped(dropped);
  const rows = async (): Promise<string[]> => {
    await gcs.flush();
    return (await storage.load("bundles")).map(([key]) => key);
  };
  return { gcs, travel, said, rows };
}

describe("bundles of functions in the tables", () => {
  test("are kept in storage as long as a function names them", async () => {
    const { gcs, travel, said, rows } = await setUp();
    travel.restore();
    await waitForCondition(async () => (await rows()).length > 0);
    expect(await rows()).toEqual(["b"]);
    gcs.endJob("j", { status: "SUCCEEDED" });
    await waitForCondition(() => said.includes("removed b"));
    expect(await rows()).toEqual([]);
  });

  test("are not, when their job ends while they are read, whether they can be read then or not", async () => {
    for (const end of ["resolve", "reject"] as const) {
      const reading = Promise.withResolvers<unknown>();
      const { gcs, travel, said, rows } = await setUp({ read: () => reading.promise });
      travel.restore();
      await waitForCondition(() => said.includes("read"));
      gcs.endJob("j", { status: "FAILED" });
      reading[end]({ id: "b" });
      await waitForCondition(() => said.includes("removed b"));
      expect(await rows()).toEqual([]);
    }
  });

  test("go when their job has ended before all of them were had again", async () => {
    const { gcs, travel, said, rows } = await setUp();
    travel.restore();
    gcs.endJob("j", { status: "FAILED" });
    await waitForCondition(() => said.includes("removed b"));
    expect(await rows()).toEqual([]);
  });
});
