import * as v from "valibot";
import { type Check, checker, type Shape } from "./bag.ts";
import { count, customResources, flag, memoryBytes, named, oneOf, share, text } from "./fields.ts";
import { labelsField } from "./label_selector.ts";
import { type RuntimeEnv, runtimeEnvField } from "./runtime_env.ts";

/** Options of `init(…)`. */
export interface InitOptions {
  /** A running cluster: `"auto"`, `"host:port"`, `"ws://…"`, `"wss://…"`; `"local"` always starts a new one. */
  readonly address?: string;
  readonly token?: string;
  readonly numCpus?: number;
  readonly numGpus?: number;
  readonly resources?: Readonly<Record<string, number>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Bytes. */
  readonly objectStoreMemory?: number;
  readonly spillDirectory?: string;
  readonly namespace?: string;
  readonly runtimeEnv?: RuntimeEnv;
  /** Where tasks and actors run that do not say. Default `"thread"`. */
  readonly isolation?: "thread" | "process";
  /** Whether what workers print is shown here. Default true. */
  readonly logToDriver?: boolean;
  /** A second `init` is answered with the first one's context. Default false. */
  readonly ignoreReinitError?: boolean;
  readonly dashboardPort?: number;
  /** `"memory"`, `"sqlite:PATH"`, `"redis://…"`. */
  readonly storage?: string;
}

/** Where to find a cluster. */
export type ClusterAddress =
  | { readonly kind: "auto" }
  | { readonly kind: "local" }
  /** A WebSocket URL. */
  | { readonly kind: "url"; readonly url: string };

/** Where the control store keeps its tables. */
export type StorageChoice =
  | { readonly kind: "memory" }
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "redis"; readonly url: string };

/** Init options with the defaults that need no look at the machine. */
export interface ResolvedInitOptions extends Omit<InitOptions, "address" | "storage"> {
  /** `undefined`: what the environment says, else the node of this host, else a new one. */
  readonly address: ClusterAddress | undefined;
  readonly storage: StorageChoice;
  readonly resources: Readonly<Record<string, number>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly isolation: "thread" | "process";
  readonly logToDriver: boolean;
  readonly ignoreReinitError: boolean;
}

const ADDRESS = '"auto", "local", "host:port", "ws://…" or "wss://…", without credentials, or several of the last three with commas between';
const STORAGE = '"memory", "sqlite:PATH" or "redis://…"';

const shape: Shape<InitOptions> = {
  address: v.pipe(
    v.string(ADDRESS),
    v.check((value) => parseAddress(value) !== undefined, ADDRESS),
  ),
  token: text("a token"),
  numCpus: share("CPUs"),
  numGpus: count(0, "a whole number of GPUs, 0 or more"),
  resources: customResources,
  labels: labelsField,
  objectStoreMemory: v.pipe(memoryBytes, v.minValue(1, "a whole number of bytes, 1 or more")),
  spillDirectory: text("a path"),
  namespace: named("a namespace"),
  runtimeEnv: runtimeEnvField,
  isolation: oneOf(["thread", "process"]),
  logToDriver: flag,
  ignoreReinitError: flag,
  dashboardPort: v.pipe(count(0, "a port, 0 to 65535"), v.maxValue(65_535, "a port, 0 to 65535")),
  storage: v.pipe(
    v.string(STORAGE),
    v.check((value) => parseStorage(value) !== undefined, STORAGE),
  ),
};

/** Checks the options of `init` and gives them back. */
export const checkInitOptions: Check<InitOptions> = checker<InitOptions>("init()", shape);

const OF_A_NEW_NODE = ["numCpus", "numGpus", "resources", "labels", "objectStoreMemory", "storage"] as const;

/**
 * Puts the defaults in place. The options must have been checked. Throws
 * `RangeError` for what only a new node can be told, when connecting to one that runs.
 */
export function resolveInitOptions(options: InitOptions): ResolvedInitOptions {
  const address = options.address === undefined ? undefined : parseAddress(options.address);
  if (address !== undefined && address.kind !== "local") {
    const stray = OF_A_NEW_NODE.find((key) => options[key] !== undefined);
    if (stray !== undefined) {
      throw new RangeError(
        `init(): option "${stray}" is for a node that is started, and cannot be given with an address. ` +
          "Leave it out, or pass it to `mobula start` where the node is started.",
      );
    }
  }
  return {
    ...options,
    address,
    storage: parseStorage(options.storage ?? "memory") ?? { kind: "memory" },
    resources: options.resources ?? {},
    labels: options.labels ?? {},
    isolation: options.isolation ?? "thread",
    logToDriver: options.logToDriver ?? true,
    ignoreReinitError: options.ignoreReinitError ?? false,
  };
}

/**
 * Reads an address, or gives `undefined` where the text is none. `host:port` becomes a WebSocket URL. Several, with commas
 * between, are those of a head and of others that may take over from it.
 */
export function parseAddress(text: string): ClusterAddress | undefined {
  if (text === "auto" || text === "local") return { kind: text };
  const urls = text.split(",").map((each) => urlOf(each.trim()));
  return urls.includes(undefined) ? undefined : { kind: "url", url: urls.join() };
}

/** The single URLs of an address. */
export function urlsOf(address: string): readonly string[] {
  return address.split(",");
}

function urlOf(text: string): string | undefined {
  const url = text.includes("://") ? text : /^(?:\[[0-9A-Fa-f:.]+\]|[^\s:/@?#[\]]+):\d+$/.test(text) ? `ws://${text}` : "";
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, username, password, searchParams, hash } = new URL(url);
  const secret = username !== "" || password !== "" || searchParams.has("token") || hash !== "";
  if ((protocol !== "ws:" && protocol !== "wss:") || hostname === "" || secret) return undefined;
  return url;
}

/** Reads a storage choice, or gives `undefined` where the text is none. */
export function parseStorage(text: string): StorageChoice | undefined {
  if (text === "memory") return { kind: "memory" };
  if (text.startsWith("sqlite:") && text.length > "sqlite:".length) return { kind: "sqlite", path: text.slice("sqlite:".length) };
  if (/^rediss?:\/\/./.test(text) && URL.canParse(text)) return { kind: "redis", url: text };
  return undefined;
}
