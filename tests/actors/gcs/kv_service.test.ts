import { afterEach, describe, expect, test } from "bun:test";
import { type GcsLimits, KvService } from "../../../actors/gcs/mod.ts";
import { kv } from "../../../mod.ts";
import type { KvContract } from "../../../runtime/contracts/mod.ts";
import { ActorNumber, HEAD_PLACE, placeId, serve } from "../../../runtime/kernel/mod.ts";
import { closeSession, openSession, type Session } from "../../../runtime/session/mod.ts";
import { rejection, rejectionText } from "../../rejection.ts";
import { bench } from "./harness.ts";
import { Places } from "./places.ts";

afterEach(() => closeSession());

/** The public face at a place of another node, and the control store at the head. */
async function cluster(limits: Partial<GcsLimits> = {}) {
  const places = new Places();
  const real = await bench({ limits });
  const head = places.add(HEAD_PLACE);
  head.register(ActorNumber.kv, serve<KvContract>(head, new KvService(real.gcs)));
  const kernel = places.add(placeId(3, 7));
  const caller = { kernel, place: kernel.place };
  openSession({ caller, identity: { namespace: "jobs own" }, keepAlive: () => () => {} } as unknown as Session);
  return real;
}

describe("kv", () => {
  test("gives back text as text and bytes as bytes, from another node", async () => {
    await cluster();
    const bytes = new Uint8Array([1, 2, 3, 0]);
    const putting = kv.put("bytes", bytes.subarray(1, 3));
    bytes.fill(9);
    expect(await putting).toBe(true);
    expect(await kv.put("text", "é\0😀")).toBe(true);
    expect(await kv.put("buffer", Buffer.from("ab"))).toBe(true);
    expect(await kv.put("none", new Uint8Array(0))).toBe(true);
    expect(await kv.put("", "")).toBe(true);
    const found = await kv.get("bytes");
    expect(found).toEqual(new Uint8Array([2, 3]));
    expect([found!.constructor, (found as Uint8Array).buffer.byteLength]).toEqual([Uint8Array, 2]);
    expect(await kv.get("buffer")).toEqual(new Uint8Array([97, 98]));
    expect(await kv.get("none")).toEqual(new Uint8Array(0));
    expect([await kv.get("text"), await kv.get(""), await kv.get("never put")]).toEqual(["é\0😀", "", undefined]);
  });

  test("put says whether it wrote, del how many it took, exists and keys what there is", async () => {
    await cluster();
    expect(await kv.put("a", "1", { overwrite: false })).toBe(true);
    expect(await kv.put("a", "2", { overwrite: false })).toBe(false);
    expect(await kv.get("a")).toBe("1");
    for (const key of ["ab", "b", "abc"]) await kv.put(key, key);
    expect(await kv.keys()).toEqual(["a", "ab", "abc", "b"]);
    expect(await kv.keys("ab")).toEqual(["ab", "abc"]);
    expect(await kv.multiGet(["b", "no", "a", "b"])).toEqual(
      new Map([
        ["b", "b"],
        ["a", "1"],
      ]),
    );
    expect([await kv.exists("ab"), await kv.exists("no")]).toEqual([true, false]);
    expect([await kv.del("no"), await kv.del("b"), await kv.del("ab", { prefix: true })]).toEqual([0, 1, 2]);
    expect(await kv.keys()).toEqual(["a"]);
  });

  test("namespaces are apart, and the default is not the job's", async () => {
    const { gcs } = await cluster();
    await kv.put("a", "1");
    await kv.put("a", "2", { namespace: "n" });
    expect([await kv.get("a"), await kv.get("a", { namespace: "n" })]).toEqual(["1", "2"]);
    expect(gcs.kv.namespaces()).toEqual(["default", "n"]);
  });

  test("a change is in storage before it resolves", async () => {
    const real = await cluster();
    await kv.put("a", "1");
    await kv.put("b", "1");
    await kv.del("b");
    expect((await real.storage.load("kv")).map(([key]) => key)).toEqual(["default\0a"]);
  });

  test("whatever there is fits into bounded answers", async () => {
    await cluster({ kvReplyBytes: 40, kvMultiGetKeys: 2_000 });
    const keys = Array.from({ length: 60 }, (_, i) => `key ${String(i).padStart(2, "0")}`);
    for (const key of keys) await kv.put(key, new Uint8Array(30));
    await kv.put("large", new Uint8Array(100));
    expect(await kv.keys()).toEqual([...keys, "large"]);
    const found = await kv.multiGet([...keys, "large", "no"]);
    expect([...found.keys()]).toEqual([...keys, "large"]);
    expect((found.get("large") as Uint8Array).byteLength).toBe(100);
  });

  test("past a limit: a RangeError that names it, also from another node", async () => {
    await cluster({ kvValueBytes: 10, kvKeyLength: 3, kvTotalBytes: 30 });
    for (const [key, size, limit] of [
      ["a", 11, "kvValueBytes"],
      ["long", 1, "kvKeyLength"],
    ] as const) {
      const error = (await rejection(kv.put(key, new Uint8Array(size)))) as RangeError & { code?: string };
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toContain(limit);
      expect(error.code).toBe("LIMIT_EXCEEDED");
    }
    await kv.put("a", new Uint8Array(10));
    await kv.put("b", new Uint8Array(10));
    expect(await rejectionText(kv.put("c", new Uint8Array(10)))).toContain("kvTotalBytes");
    expect(await kv.keys()).toEqual(["a", "b"]);
  });

  test("what can't be a key, a value or an option is refused by name", async () => {
    await cluster();
    expect(await rejectionText(kv.get(5 as never))).toContain("TypeError: kv.get() takes a string");
    expect(await rejectionText(kv.put("a", { no: 1 } as never))).toContain("TypeError: kv.put() takes a string or a Uint8Array");
    expect(await rejectionText(kv.put("a", "1", { overwrit: true } as never))).toContain("overwrit");
    expect(await rejectionText(kv.get("a", { namespace: "" }))).toContain("namespace");
    expect(await rejectionText(kv.put("a", "1", { namespace: "a\0b" }))).toContain("U+0000");
    expect(await rejectionText(kv.put("\ud800", "1"))).toContain("well-formed");
    closeSession();
    expect(await rejectionText(kv.get("a"))).toContain("NotInitializedError");
  });
});
