import { describe, expect, test } from "bun:test";
import { gcsLimits, LimitExceededError } from "../../../actors/gcs/limits.ts";
import { actorSpec, addJob, bench, DRIVER, liveActor } from "./harness.ts";

/** The limit that `action` met. */
function limitMet(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(LimitExceededError);
    expect((error as Error).message).toContain((error as LimitExceededError).limit);
    return (error as LimitExceededError).limit;
  }
  return "none";
}

describe("limits", () => {
  test("an unknown or senseless one is refused by name", () => {
    expect(() => gcsLimits({ kvVallueBytes: 1 } as never)).toThrow("kvVallueBytes");
    expect(() => gcsLimits({ errors: 0 })).toThrow("errors");
    expect(() => gcsLimits({ errors: 1.5 })).toThrow("errors");
    expect(gcsLimits({ errors: 5 }).errors).toBe(5);
  });

  test("the dead are kept up to a bound, oldest forgotten, in storage too", async () => {
    const real = await bench({ limits: { deadActors: 3 } });
    addJob(real.gcs);
    for (let i = 0; i < 5; i++) {
      liveActor(real.gcs, `a${i}`, { name: "same" });
      real.gcs.loseActor(`a${i}`, { death: { cause: "killed" }, restart: false });
    }
    const kept = () => Array.from(real.gcs.actors.rows(), (row) => row.actorId);
    expect(kept()).toEqual(["a2", "a3", "a4"]);
    expect(real.gcs.actors.get("a1")).toBeUndefined();
    await real.gcs.close();
    await real.restart();
    expect(kept()).toEqual(["a2", "a3", "a4"]);
    expect((await real.storage.load("actors")).length).toBe(3);
  });

  test("a death's text, log and error are cut to their bounds", async () => {
    const { gcs } = await bench({ limits: { textLength: 10, logLines: 2, deathErrorBytes: 4 } });
    addJob(gcs);
    liveActor(gcs, "a");
    const lastLogs = ["1", "2", "a line that is long"];
    gcs.loseActor("a", {
      restart: false,
      death: { cause: "uncaught", exitCode: 3, detail: "x".repeat(99), lastLogs, error: new Uint8Array(5) },
    });
    expect(gcs.actors.get("a")?.death).toEqual({
      cause: "uncaught",
      exitCode: 3,
      detail: "xxxxxxxxx…",
      lastLogs: ["2", "a line th…"],
    });
  });

  test("names that can't be told apart on disk are refused", async () => {
    const { gcs } = await bench();
    addJob(gcs);
    for (const name of ["", "a\0b", "\ud800", "x".repeat(2_000)]) {
      expect(() => gcs.registerActor(actorSpec("a", { name }), DRIVER)).toThrow(RangeError);
    }
    expect(() => gcs.registerActor(actorSpec("a", { maxRestarts: -2 }), DRIVER)).toThrow("maxRestarts");
    expect(() => gcs.registerActor(actorSpec("a", { resources: { CPU: Number.NaN } }), DRIVER)).toThrow("CPU");
    const limited = await bench({ limits: { actorCreationBytes: 4 } });
    addJob(limited.gcs);
    expect(limitMet(() => limited.gcs.registerActor(actorSpec("a", { creation: new Uint8Array(5) }), DRIVER))).toBe("actorCreationBytes");
    expect(gcs.actors.size).toBe(0);
  });

  test("a definition over functionBytes is refused", async () => {
    const { gcs } = await bench({ limits: { functionBytes: 20 } });
    gcs.jobs.add({ jobId: "j", namespace: "main" });
    const register = (definition: unknown) => gcs.functions.register({ descriptorId: "d", jobId: "j", definition });
    expect(limitMet(() => register({ source: "x".repeat(30) }))).toBe("functionBytes");
    expect(limitMet(() => register(new Uint8Array(21)))).toBe("functionBytes");
    expect(register({ source: "x" })).toBe(true);
    expect(register({ source: "x" })).toBe(false);
  });
});

describe("key-value", () => {
  const at = (key: string) => ({ namespace: "n", key });

  test("keeps to put, overwrite, delete, prefix and namespaces", async () => {
    const { gcs } = await bench();
    const { kv } = gcs;
    expect(kv.put({ ...at("a"), value: "1" })).toBe(true);
    expect(kv.put({ ...at("a"), value: "2", overwrite: false })).toBe(false);
    expect(kv.get(at("a"))).toBe("1");
    expect(kv.put({ ...at("ab"), value: new Uint8Array([1]) })).toBe(true);
    kv.put({ namespace: "m", key: "a", value: "other" });
    expect(kv.keys({ namespace: "n" })).toEqual(["a", "ab"]);
    expect(kv.keys({ namespace: "n", prefix: "ab" })).toEqual(["ab"]);
    expect(kv.namespaces()).toEqual(["m", "n"]);
    expect(kv.del(at("zz"))).toBe(0);
    expect(kv.del({ ...at("a"), prefix: true })).toBe(2);
    expect(kv.exists(at("ab"))).toBe(false);
    expect(kv.get({ namespace: "m", key: "a" })).toBe("other");
  });

  test("a view is copied, so that its frame is let go", async () => {
    const { gcs } = await bench();
    const frame = new Uint8Array(1_000).fill(4);
    gcs.kv.put({ ...at("a"), value: frame.subarray(10, 12) });
    frame.fill(0);
    const kept = gcs.kv.get(at("a")) as Uint8Array;
    expect(kept).toEqual(new Uint8Array([4, 4]));
    expect(kept.buffer.byteLength).toBe(2);
  });

  test("meets its limits by name and then holds what it held", async () => {
    const { gcs } = await bench({ limits: { kvKeyLength: 4, kvValueBytes: 10, kvTotalBytes: 30 } });
    const put = (key: string, bytes: number) => limitMet(() => gcs.kv.put({ ...at(key), value: new Uint8Array(bytes) }));
    expect(put("long!", 1)).toBe("kvKeyLength");
    expect(put("a", 11)).toBe("kvValueBytes");
    expect([put("a", 10), put("b", 10)]).toEqual(["none", "none"]);
    expect(put("c", 10)).toBe("kvTotalBytes");
    expect(put("a", 9)).toBe("none");
    gcs.kv.del(at("b"));
    expect(put("c", 10)).toBe("none");
    expect(gcs.kv.keys({ namespace: "n" })).toEqual(["a", "c"]);
    expect(() => gcs.kv.put({ ...at("d"), value: { no: 1 } as never })).toThrow(TypeError);
  });
});
