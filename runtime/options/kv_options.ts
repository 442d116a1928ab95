import { type Check, checker } from "./bag.ts";
import { flag, text } from "./fields.ts";

/** Options of the calls of `kv`. */
export interface KvOptions {
  /** Keys of different namespaces never meet. Default `"default"`, whatever the job's namespace is. */
  readonly namespace?: string;
}

/** Options of `kv.put`. */
export interface KvPutOptions extends KvOptions {
  /** Whether a value that is there is replaced. Default true. */
  readonly overwrite?: boolean;
}

/** Options of `kv.del`. */
export interface KvDeleteOptions extends KvOptions {
  /** Whether every key that begins with the one given is deleted. Default false. */
  readonly prefix?: boolean;
}

const namespace = text("a namespace");

export const checkKvOptions: Check<KvOptions> = checker<KvOptions>("kv", { namespace });
export const checkKvPutOptions: Check<KvPutOptions> = checker<KvPutOptions>("kv.put()", { namespace, overwrite: flag });
export const checkKvDeleteOptions: Check<KvDeleteOptions> = checker<KvDeleteOptions>("kv.del()", { namespace, prefix: flag });
