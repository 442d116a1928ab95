import type { KvContract } from "../../runtime/contracts/mod.ts";
import type { Caller } from "../../runtime/kernel/mod.ts";
import type { Gcs } from "./gcs.ts";
import type { KvValue } from "./kv_table.ts";
import { assertWithin } from "./limits.ts";
import { compareCodePoints } from "./storage/mod.ts";

/** The key-value table as other places ask for it. Answers are bounded by `kvReplyBytes`, questions by `kvMultiGetKeys`. */
export class KvService implements KvContract {
  readonly #gcs: Pick<Gcs, "kv" | "limits" | "flush">;

  constructor(gcs: Pick<Gcs, "kv" | "limits" | "flush">) {
    this.#gcs = gcs;
  }

  get(_caller: Caller, namespace: string, key: string): KvValue | null {
    return this.#gcs.kv.get({ namespace, key }) ?? null;
  }

  multiGet(_caller: Caller, namespace: string, keys: readonly string[]): (KvValue | null)[] {
    const { kv, limits } = this.#gcs;
    assertWithin(limits, "kvMultiGetKeys", { what: "Keys asked for at once", actual: keys.length });
    const values: (KvValue | null)[] = [];
    let room = limits.kvReplyBytes;
    for (const key of keys) {
      const value = kv.get({ namespace, key }) ?? null;
      room -= value === null ? 1 : textOrBytes(value);
      if (room < 0 && values.length > 0) break;
      values.push(value);
    }
    return values;
  }

  async put(_caller: Caller, namespace: string, key: string, value: KvValue, overwrite: boolean): Promise<boolean> {
    const written = this.#gcs.kv.put({ namespace, key, value, overwrite });
    // Also when nothing was written: what stands in the way must not be gone after a crash.
    await this.#gcs.flush();
    return written;
  }

  async delete(_caller: Caller, namespace: string, key: string, prefix: boolean): Promise<number> {
    const count = this.#gcs.kv.del({ namespace, key, prefix });
    await this.#gcs.flush();
    return count;
  }

  exists(_caller: Caller, namespace: string, key: string): boolean {
    return this.#gcs.kv.exists({ namespace, key });
  }

  keys(_caller: Caller, namespace: string, prefix: string, after: string | null): { keys: string[]; more: boolean } {
    const all = this.#gcs.kv.keys({ namespace, prefix });
    let at = after === null ? 0 : all.findIndex((key) => compareCodePoints(key, after) > 0);
    if (at < 0) at = all.length;
    const keys: string[] = [];
    let room = this.#gcs.limits.kvReplyBytes;
    for (; at < all.length; at++) {
      const key = all[at] as string;
      room -= textOrBytes(key);
      if (room < 0 && keys.length > 0) break;
      keys.push(key);
    }
    return { keys, more: at < all.length };
  }
}

/** A character is at most three bytes of UTF-8. */
function textOrBytes(value: KvValue): number {
  return typeof value === "string" ? value.length * 3 : value.byteLength;
}
