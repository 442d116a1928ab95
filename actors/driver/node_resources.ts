import type { ResolvedInitOptions } from "../../runtime/options/mod.ts";
import { type Hardware, platform } from "../../runtime/platform/mod.ts";

/** Part of the machine's memory that the object store may take, as with Ray. */
const STORE_PART = 0.3;
const STORE_AT_LEAST = 75 * 1024 * 1024;
const STORE_AT_MOST = 200 * 1024 * 1024 * 1024;

/** What the node offers: detected, unless the options say otherwise. */
export function nodeResources(options: ResolvedInitOptions, hardware: Hardware): Record<string, number> {
  const gpus = options.numGpus ?? hardware.gpus;
  return {
    CPU: options.numCpus ?? hardware.cpus,
    ...(gpus > 0 ? { GPU: gpus } : {}),
    memory: Math.floor(hardware.memory * (1 - STORE_PART)),
    object_store_memory: storeCapacity(options, hardware),
    ...options.resources,
  };
}

/**
 * What the node's GPUs are called: as CUDA_VISIBLE_DEVICES says, else by number.
 * @throws RangeError when it says fewer than the node is to have
 */
export function gpuIds(count = 0): string[] {
  const stated = platform.env("CUDA_VISIBLE_DEVICES");
  if (stated === undefined || count === 0) return Array.from({ length: count }, (_, i) => String(i));
  const visible = stated.split(",").map((id) => id.trim());
  if (visible.length < count || visible.includes(""))
    throw new RangeError(`init(): option "numGpus" is ${count}, and CUDA_VISIBLE_DEVICES shows "${stated}"; make them agree`);
  return visible.slice(0, count);
}

/** Bytes of shared memory that the object store may take. */
export function storeCapacity(options: ResolvedInitOptions, hardware: Hardware): number {
  return options.objectStoreMemory ?? Math.min(STORE_AT_MOST, Math.max(STORE_AT_LEAST, Math.floor(hardware.memory * STORE_PART)));
}
