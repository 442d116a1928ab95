import { resolve } from "node:path";
import type { NodeOptions } from "../actors/driver/mod.ts";
import { checkInitOptions, type InitOptions, parseAddress } from "../runtime/options/mod.ts";
import { UsageError } from "./flags.ts";
import { asBytes, asFlag, asNumber, asObject, asPairs, asText, readSettings, type Setting, type Settings, settingError } from "./settings.ts";

/** The port of a head that is told none. Ray's is 6379, which Redis has too. */
export const HEAD_PORT = 6479;

const HINT = "Try mobula start --help.";

/** The flags of `mobula start`. All but `json` and `config` can be said by MOBULA_… and in the file too. */
export const startFlags = {
  head: { type: "boolean", description: "Start a head: the first node of a cluster" },
  address: {
    type: "string",
    valueHint: "HOST:PORT",
    description: "Join the cluster whose head listens there; others that may take over after commas",
  },
  host: { type: "string", description: "Where to listen. A head: 127.0.0.1, for this machine alone; other nodes: where they reach the head from" },
  port: { type: "string", description: "The port to listen at; 0 for any. A head: 6479; other nodes: any" },
  "num-cpus": { type: "string", valueHint: "N", description: "CPUs to offer. Default: the machine's" },
  "num-gpus": { type: "string", valueHint: "N", description: "GPUs to offer. Default: the machine's" },
  resources: { type: "string", valueHint: "JSON", description: `Other resources, such as '{"tpu":2}'` },
  labels: { type: "string", valueHint: "K=V,…", description: "Labels that tasks can ask for; also as JSON" },
  "object-store-memory": {
    type: "string",
    valueHint: "BYTES",
    description: "What the object store takes, such as 2GiB. Default: 30 % of the memory",
  },
  "spill-dir": { type: "string", valueHint: "DIR", description: "Where objects go when the store is full" },
  "temp-dir": { type: "string", valueHint: "DIR", description: "Where logs, the token and what `mobula stop` has to know are kept" },
  storage: { type: "string", description: "Where a head keeps its tables: sqlite:PATH, redis://… or memory. Default: a SQLite file of its own" },
  standby: { type: "boolean", description: "With --head and redis://…: wait, and take over when the head that has the tables is gone" },
  "token-file": { type: "string", valueHint: "FILE", description: "The cluster's token. A head makes one without" },
  "tls-cert": { type: "string", valueHint: "FILE", description: "A certificate to listen with, as PEM" },
  "tls-key": { type: "string", valueHint: "FILE", description: "Its key" },
  name: { type: "string", description: "What to call the node" },
  block: { type: "boolean", description: "Stay in the foreground until the node ends" },
  config: { type: "string", valueHint: "FILE", description: 'A JSON file with any of these, such as { "numCpus": 4 }' },
  json: { type: "boolean", description: "Print JSON" },
} as const;

const readers = {
  head: asFlag,
  address: asText,
  host: asText,
  port: asNumber,
  numCpus: asNumber,
  numGpus: asNumber,
  resources: asObject,
  labels: asPairs,
  objectStoreMemory: asBytes,
  spillDir: asText,
  tempDir: asText,
  storage: asText,
  standby: asFlag,
  tokenFile: asText,
  tlsCert: asText,
  tlsKey: asText,
  name: asText,
  block: asFlag,
};
type Name = keyof typeof readers;

/** What `mobula start` is to do. */
export interface StartPlan {
  /** Without the token, of which `tokenFile` is what was said by a flag, the environment or the file. */
  readonly node: NodeOptions;
  readonly tempDir: string | undefined;
  /** Whether `tokenFile` was said by a flag: then it counts before MOBULA_TOKEN. */
  readonly tokenByFlag: boolean;
  readonly block: boolean;
}

/** @throws UsageError */
export function readStartPlan(flags: Readonly<Record<string, unknown>>): StartPlan {
  const settings = readSettings<Name>({ readers, flags, config: flags["config"] as string | undefined, hint: HINT });
  const address = addressOf(settings);
  const port = numberOf(settings.port, 65_535) ?? (address === undefined ? HEAD_PORT : 0);
  const tls = tlsOf(settings);
  const spill = pathOf(settings.spillDir);
  const tokenFile = pathOf(settings.tokenFile);
  const init: InitOptions = {
    ...checked(settings.numCpus, "numCpus"),
    ...checked(settings.numGpus, "numGpus"),
    ...checked(settings.resources, "resources"),
    ...checked(settings.labels, "labels"),
    ...checked(settings.objectStoreMemory, "objectStoreMemory"),
    ...checked(settings.storage, "storage"),
  };
  for (const setting of [settings.storage, settings.standby])
    if (address !== undefined && setting !== undefined) throw settingError(setting, "is for a head", HINT);
  const standby = isSet(settings.standby);
  if (standby && !String(settings.storage?.value ?? "").startsWith("redis"))
    throw settingError(settings.standby as Setting, "needs --storage redis://HOST, which several machines reach", HINT);
  const [host, name] = [textOf(settings.host), textOf(settings.name)];
  return {
    node: {
      ...init,
      port,
      ...(standby && { standby }),
      ...(address !== undefined && { address }),
      ...(host !== undefined && { host }),
      ...(name !== undefined && { name }),
      ...(tls && { tls }),
      ...(spill !== undefined && { spillDirectory: spill }),
      ...(tokenFile !== undefined && { tokenFile }),
    },
    tempDir: pathOf(settings.tempDir),
    tokenByFlag: settings.tokenFile?.rank === 0,
    block: isSet(settings.block),
  };
}

/** The head to join; undefined for a head. Of a flag, the environment and the file, the first that says either counts. */
function addressOf({ head, address }: Settings<Name>): string | undefined {
  const asHead = isSet(head) ? head : undefined;
  if (asHead === undefined && address === undefined) throw new UsageError("say --head for a new cluster, or --address HOST:PORT to join one", HINT);
  if (asHead !== undefined && address?.rank === asHead.rank)
    throw new UsageError(`${asHead.source} and ${address.source} exclude each other: a head joins no other`, HINT);
  if (address === undefined || (asHead !== undefined && asHead.rank < address.rank)) return undefined;
  const parsed = typeof address.value === "string" ? parseAddress(address.value) : undefined;
  if (parsed?.kind !== "url") throw settingError(address, 'must be "host:port", "ws://…" or "wss://…", without credentials', HINT);
  return parsed.url;
}

/** The value as `init` would take it. */
function checked(setting: Setting | undefined, key: keyof InitOptions): InitOptions {
  if (setting === undefined) return {};
  const options = { [key]: setting.value } as InitOptions;
  try {
    checkInitOptions(options);
    return options;
  } catch (error) {
    const problem = (error as Error).message.replace(/^init\(\): option "[^".]+(?:\.([^"]+))?" /, (_, entry?: string) =>
      entry ? `of ${entry} ` : "",
    );
    throw settingError(setting, problem.replace(/\.$/, ""), HINT);
  }
}

function tlsOf({ tlsCert, tlsKey }: Settings<Name>): NodeOptions["tls"] {
  const [cert, key] = [pathOf(tlsCert), pathOf(tlsKey)];
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (tlsCert !== undefined) throw settingError(tlsCert, "needs a key: --tls-key FILE", HINT);
  if (tlsKey !== undefined) throw settingError(tlsKey, "needs a certificate: --tls-cert FILE", HINT);
  return undefined;
}

function numberOf(setting: Setting | undefined, most: number): number | undefined {
  if (setting === undefined) return undefined;
  const { value } = setting;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw settingError(setting, `must be a whole number from 0 to ${most}`, HINT);
}

function textOf(setting: Setting | undefined): string | undefined {
  if (setting === undefined) return undefined;
  if (typeof setting.value === "string" && setting.value.trim() !== "") return setting.value;
  throw settingError(setting, "must be a text", HINT);
}

function pathOf(setting: Setting | undefined): string | undefined {
  const path = textOf(setting);
  return path === undefined ? undefined : resolve(path);
}

function isSet(setting: Setting | undefined): boolean {
  if (setting === undefined || typeof setting.value === "boolean") return setting?.value === true;
  throw settingError(setting, "must be true or false", HINT);
}
