import { resolve } from "node:path";
import { type AskHead, findCluster, headOf, TEMP_DIR_VARIABLE } from "../actors/sessions/mod.ts";
import { parseAddress } from "../runtime/options/mod.ts";
import { platform } from "../runtime/platform/mod.ts";
import { UsageError } from "./flags.ts";

/** The flags of every command that asks a cluster something. */
export const clusterFlags = {
  address: { type: "string", valueHint: "HOST:PORT", description: "The head. Default: MOBULA_ADDRESS, else the one started on this machine" },
  "token-file": {
    type: "string",
    valueHint: "FILE",
    description: "The cluster's token. Default: MOBULA_TOKEN or MOBULA_TOKEN_FILE, else of this machine",
  },
  "temp-dir": { type: "string", valueHint: "DIR", description: "What mobula start was told, if it was" },
  json: { type: "boolean", description: "Print JSON" },
} as const;

export interface ClusterArgs {
  readonly address?: string | undefined;
  readonly "token-file"?: string | undefined;
  readonly "temp-dir"?: string | undefined;
}

/** The cluster that the flags, the environment or this machine's sessions lead to. */
export function findHead(args: ClusterArgs): { readonly url: string; readonly token: string | undefined; readonly ask: AskHead } {
  useTempDir(args["temp-dir"]);
  if (args["token-file"] !== undefined) {
    platform.setEnv("MOBULA_TOKEN_FILE", resolve(args["token-file"]));
    // The flag counts first.
    platform.setEnv("MOBULA_TOKEN", undefined);
  }
  const address = parseAddress(args.address ?? "auto");
  if (address === undefined || address.kind === "local")
    throw new UsageError('--address must be "host:port", "ws://…" or "wss://…", without credentials', "Try --help.");
  const found = findCluster(address, undefined);
  return { ...found, ask: headOf(found) };
}

/** Sessions are looked for there. */
export function useTempDir(folder: string | undefined): void {
  if (folder !== undefined) platform.setEnv(TEMP_DIR_VARIABLE, resolve(folder));
}
