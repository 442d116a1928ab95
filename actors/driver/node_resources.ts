import type { ResolvedInitOptions } from "../../runtime/options/mod.ts";
import type { Hardware } from "../../runtime/platform/mod.ts";

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

/** Bytes of shared memory that the object store may take. */
export function storeCapacity(options: ResolvedInitOptions, hardware: Hardware): number {
  return options.objectStoreMemory ?? Math.min(STORE_AT_MOST, Math.max(STORE_AT_LEAST, Math.floor(hardware.memory * STORE_PART)));
}
