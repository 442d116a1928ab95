import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { type DefinitionSite, defineSite, lookupRemote, ModuleSource, registerRemote, SiteRegistry } from "../../../runtime/functions/mod.ts";
import { framesOf } from "../../../runtime/functions/stack_frame.ts";

const here = import.meta.url;
const ns = { define: defineSite };
const { define } = ns;
const fn = (): number => 1;

describe("frames", () => {
  test("are read from either engine's traces", () => {
    const stack = [
      "Error: some (text)",
      "    at remote (/srv/lib.ts:1:2)",
      "    at /home/a b/c#d.ts:3:4",
      "    at <anonymous> (/x.ts:5:6)",
      "    at Module.remote (file:///y.ts?v=1:7:8)",
      "    at new Foo (file:///a b.ts:9:10)",
      "    at eval (file:///z.ts#f.12345678, <anonymous>:11:12)",
      "    at async main (file:///never.ts:1:1)",
      "    at map (native:1:11)",
      "    at map (unknown:1:11)",
      "    at node:internal/modules:1:1",
      "    at eval (eval at make (file:///q.ts:3:29), <anonymous>:10:28)",
      "    at Object.<anonymous> [as x] (https://e.org/m.js:13:14)",
    ].join("\n");
    expect(framesOf(stack).map(({ url, line, column }) => `${url} ${line} ${column}`)).toEqual([
      "file:///srv/lib.ts 1 2",
      "file:///home/a%20b/c%23d.ts 3 4",
      "file:///x.ts 5 6",
      "file:///y.ts?v=1 7 8",
      "file:///a%20b.ts 9 10",
      "file:///z.ts#f.12345678 11 12",
      "https://e.org/m.js 13 14",
    ]);
  });

  test("of a definition agree with the syntax, however the call is written", () => {
    const source = new ModuleSource(here, readFileSync(new URL(here), "utf8"));
    /* é😀 */ const sites = [
      define(fn),
      ns.define(fn),
      ns?.define(fn),
      ns
        // A comment between.
        .define(fn),
      (define as (fn: object) => DefinitionSite)(fn),
    ];
    const found = sites.map(({ frames }) => {
      const offset = source.offsetOf(frames[0]!)!;
      const call = source.syntax?.callAt(offset);
      return call && source.text.slice(call.node.start, call.node.end).replace(/[\s,]+/g, "");
    });
    expect(found.slice(0, 4)).toEqual(["define(fn)", "ns.define(fn)", "ns?.define(fn)", "ns//Acommentbetween..define(fn)"]);
  });
});

describe("sites", () => {
  test("number repeated definitions with the same stack, in order of definition", () => {
    const sites = [1, 2, 3].map(() => define(fn));
    const keys = [sites[2]!.key!, sites[0]!.key!, sites[1]!.key!];
    expect(keys.map((key) => key.replace(/^.*?( #\d+)?$/, "$1"))).toEqual([" #2", "", " #1"]);
    expect(new Set(keys.map((key) => key.replace(/ #\d+$/, ""))).size).toBe(1);
  });

  test("are named by the user's frame, not by a formatter of the user's", () => {
    const before = (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
    Object.assign(Error, { prepareStackTrace: () => "mine" });
    try {
      expect(define(fn).key).toContain("site.test.ts");
    } finally {
      Object.assign(Error, { prepareStackTrace: before });
    }
  });

  test("find the object last registered there", () => {
    const objects = [1, 2].map((n) => {
      const site = define(fn);
      const object = { n };
      registerRemote(site, object);
      return { site, object };
    });
    for (const { site, object } of objects) expect(lookupRemote(site.key!)).toBe(object);
  });

  test("can be waited for", async () => {
    const registry = new SiteRegistry();
    const sites = [1, 2].map(() => define(fn));
    const expected = registry.expect(sites[1]!.key!);
    const objects = sites.map(() => ({}));
    for (const [i, site] of sites.entries()) registry.register(site, objects[i]!);
    expect((await expected).object).toBe(objects[1]!);
    expect((await registry.expect(sites[0]!.key!)).site.fn).toBe(fn);
  });
});
