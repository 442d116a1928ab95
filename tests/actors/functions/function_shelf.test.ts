import { expect, test } from "bun:test";
import { FunctionShelf } from "../../../actors/functions/mod.ts";
import type { FunctionRecord } from "../../../runtime/tasks/mod.ts";

const nobody = { kind: "source", name: "", source: "", bindings: [] } as unknown as FunctionRecord["definition"];

/** A shelf over a table that keeps what is of the job "live", with bundles by the function's name. */
function lab(bundlesOf: Readonly<Record<string, readonly string[]>>, records: Readonly<Record<string, Partial<FunctionRecord>>> = {}) {
  const rows = new Map<string, unknown>();
  const said: string[] = [];
  const shelf = new FunctionShelf({
    table: {
      get: (id) => rows.get(id),
      register({ descriptorId, jobId, definition }) {
        if (jobId === "live") rows.set(descriptorId, definition);
        return jobId === "live";
      },
    },
    async ask(id) {
      said.push(`asked for ${id}`);
      if (id === "lost") throw new Error("its home is gone");
      return { id, name: id, definition: nobody, jobId: "live", ...records[id] };
    },
    bundles: async ({ id }) => bundlesOf[id] ?? [],
    pin: (bundle) => said.push(`pinned ${bundle}`),
    remove: (bundle) => said.push(`removed ${bundle}`),
  });
  const drop = (...ids: string[]): void => {
    for (const id of ids) rows.delete(id);
    shelf.dropped(ids);
  };
  return { shelf, said, rows, drop };
}

test("a function is asked for once, however many want it at a time, and kept with its bundles", async () => {
  const { shelf, said } = lab({ f: ["b1"] });
  const [one, two] = await Promise.all([shelf.take("f"), shelf.take("f")]);
  expect(await shelf.take("f")).toBe(one);
  expect([one.id, two]).toEqual(["f", one]);
  expect(said).toEqual(["asked for f", "pinned b1"]);
});

test("what a function names is brought along, and what cannot be had keeps nobody else", async () => {
  const { shelf, rows } = lab({}, { f: { links: { a: { functionId: "g" }, b: { functionId: "lost" } } }, g: { links: { c: { functionId: "f" } } } });
  await shelf.take("f");
  await new Promise((resolve) => setTimeout(resolve));
  expect([...rows.keys()]).toEqual(["f", "g"]);
});

test("a bundle goes with the last function that names it", async () => {
  const { shelf, said, drop } = lab({ f: ["both", "own"], g: ["both"] });
  await shelf.take("f");
  await shelf.take("g");
  said.length = 0;
  drop("f");
  expect(said).toEqual(["removed own"]);
  drop("g");
  expect(said).toEqual(["removed own", "removed both"]);
});

test("what belongs to no job that lives is passed on and not kept", async () => {
  const { shelf, said, rows } = lab({ f: ["b1"] }, { f: { jobId: "ended" } });
  expect((await shelf.take("f")).id).toBe("f");
  expect((await shelf.take("f")).id).toBe("f");
  expect([rows.size, said]).toEqual([0, ["asked for f", "asked for f"]]);
});

test("a failure is told to who asked, and the next one asks anew", async () => {
  const { shelf, said } = lab({});
  for (let i = 0; i < 2; i++) expect(await shelf.take("lost").catch((error: Error) => error.message)).toBe("its home is gone");
  expect(said).toEqual(["asked for lost", "asked for lost"]);
});
