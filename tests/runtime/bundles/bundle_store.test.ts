import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Bundle, BundleStore, DefinitionTravel } from "../../../runtime/bundles/mod.ts";
import type { Definition } from "../../../runtime/functions/mod.ts";
import { MOBULA, Project } from "../../fixtures/bundles/voyage.ts";
import { rejectionText } from "../../rejection.ts";

function bundleOf(text: string): Bundle {
  return { id: createHash("sha256").update(text).digest("hex"), name: "main.mjs", text, externals: [] };
}

describe("a node's bundles", () => {
  test("are files that workers import, with this package's own modules", async () => {
    using folder = new Project({});
    const store = new BundleStore({ folder: folder.folder, workingFolder: folder.folder });
    const bundle = bundleOf('import { remote } from "mobula:own/mod";\nexport const same = remote;');
    await store.keep(bundle);
    const url = await store.urlOf(bundle.id);
    expect(store.idOf(url)).toBe(bundle.id);
    expect((await import(url)).same).toBe((await import(JSON.parse(MOBULA))).remote);
    expect(await store.read(bundle.id)).toEqual(bundle);
  });

  test("from other nodes are what their ids say, and write nowhere but in their folder", async () => {
    using folder = new Project({});
    const store = new BundleStore({ folder: join(folder.folder, "kept"), workingFolder: folder.folder });
    const sound = bundleOf("export const x = 1;");
    const changed = { ...sound, text: "export const x = 2;" };
    for (const hostile of [changed, { ...sound, id: "../x" }, { ...sound, text: 5 as never }]) {
      expect(await rejectionText(store.keep(hostile))).toContain("not what its id says");
    }
    for (const name of ["../../x.mjs", "a/b.mjs", "..", "", "x", "\0.mjs", "n".repeat(300), null as never]) {
      expect(await rejectionText(store.keep({ ...sound, name }))).toContain("no file's");
    }
    expect(readdirSync(folder.folder).includes("kept")).toBe(false);
    await store.keep(sound);
    expect(store.has(sound.id)).toBe(true);
  });

  test("that are removed while they are read are not there", async () => {
    using folder = new Project({});
    const store = new BundleStore({ folder: folder.folder, workingFolder: folder.folder });
    const bundle = bundleOf("export const x = 1;");
    await store.keep(bundle);
    rmSync(join(folder.folder, bundle.id), { recursive: true });
    const read = store.read(bundle.id);
    await store.remove(bundle.id);
    expect(await read).toBeUndefined();
  });

  test("go when there are too many bytes, the longest unused first; those made here stay", async () => {
    using folder = new Project({});
    const store = new BundleStore({ folder: folder.folder, workingFolder: folder.folder, maxBytes: 3_000 });
    const [made, one, two, three] = ["a", "b", "c", "d"].map((letter) => bundleOf(`export const x = "${letter.repeat(950)}";`)) as [
      Bundle,
      Bundle,
      Bundle,
      Bundle,
    ];
    await store.keep(made, true);
    await store.keep(one);
    await store.keep(two);
    await store.urlOf(one.id);
    await store.keep(three);
    expect([made, one, two, three].map(({ id }) => store.has(id))).toEqual([true, true, false, true]);
    expect(readdirSync(folder.folder).sort()).toEqual([made.id, one.id, three.id].sort());
    expect(await store.read(two.id)).toBeUndefined();
    expect(await rejectionText(store.urlOf(two.id))).toContain("not kept here");
  });

  test("are brought once, however many definitions name them at a time", async () => {
    using folder = new Project({});
    const travel = new DefinitionTravel(new BundleStore({ folder: join(folder.folder, "bundles"), workingFolder: folder.folder }));
    const bundle = bundleOf("export const f = () => 1;");
    let asked = 0;
    const definition: Definition = { kind: "module", name: "f", url: `mobula-bundle:${bundle.id}`, exportName: "f" };
    const fetch = async (): Promise<Bundle> => {
      asked++;
      return bundle;
    };
    const found = await Promise.all([1, 2, 3].map(() => travel.local(definition, fetch)));
    expect(asked).toBe(1);
    expect(new Set(found.map(({ url }) => url)).size).toBe(1);
    expect(found[0]!.url).toMatch(/^file:.*main\.mjs$/);
  });

  test("travel on as they came: what a bundle defines names the same bundle elsewhere", async () => {
    using folder = new Project({});
    const store = new BundleStore({ folder: join(folder.folder, "bundles"), workingFolder: folder.folder });
    const travel = new DefinitionTravel(store);
    const bundle = bundleOf("export const f = () => 1;");
    await store.keep(bundle);
    const url = await store.urlOf(bundle.id);
    const there = `mobula-bundle:${bundle.id}`;
    const nested = { kind: "module", name: "g", url, site: `${url}:7:3 < ${url}:9:1 #2` } as Definition;
    const portable = await travel.portable(nested);
    expect(portable).toEqual({ kind: "module", name: "g", url: there, site: `${there}:7:3 < ${there}:9:1 #2` } as Definition);
    expect(await travel.local(portable, () => Promise.reject(new Error("it is here")))).toEqual(nested);
  });

  test("need no files for functions that travel by their text", async () => {
    using folder = new Project({});
    const travel = new DefinitionTravel(new BundleStore({ folder: join(folder.folder, "bundles"), workingFolder: folder.folder }));
    const definition: Definition = { kind: "source", name: "f", source: "() => 1", bindings: [] };
    expect(await travel.portable(definition)).toBe(definition);
    expect(readdirSync(folder.folder)).toEqual([]);
  });
});
