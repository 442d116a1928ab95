import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { get, init, kv, remote, shutdown } from "../../../mod.ts";
import { RedisServer } from "./redis_server.ts";

const folder = mkdtempSync(join(tmpdir(), "mobula-kv-"));
afterEach(async () => {
  await shutdown();
  rmSync(folder, { recursive: true, force: true });
});

test("a driver and tasks share keys, which a store that keeps has after a restart", async () => {
  const redis = await RedisServer.start();
  try {
    for (const storage of [`sqlite:${join(folder, "store.db")}`, `${redis.url}?prefix=kv`]) {
      await init({ numCpus: 2, storage });
      await kv.put("from the driver", "d");
      const both = remote(async () => {
        await kv.put("from a task", new Uint8Array([1, 2]), { namespace: "tasks" });
        return await kv.get("from the driver");
      });
      expect(await get(both.remote())).toBe("d");
      expect(await kv.keys("", { namespace: "tasks" })).toEqual(["from a task"]);
      await shutdown();
      await init({ numCpus: 1, storage });
      expect(await kv.get("from a task", { namespace: "tasks" })).toEqual(new Uint8Array([1, 2]));
      expect(await kv.exists("from the driver")).toBe(true);
      await shutdown();
    }
  } finally {
    await redis.stop();
  }
});
