import { readFileSync } from "node:fs";
import { platform } from "../runtime/platform/mod.ts";
import { nearest, UsageError } from "./flags.ts";

/** Makes a value of what was written; throws an Error that says what it must be. */
export type Reader = (text: string) => unknown;

/** A value and who said it, for messages. */
export interface Setting {
  readonly value: unknown;
  /** `--num-cpus`, `MOBULA_NUM_CPUS`, or `"numCpus" in FILE`. */
  readonly source: string;
  /** What comes first counts: 0 a flag, 1 the environment, 2 the file. */
  readonly rank: number;
}

export type Settings<Name extends string> = { readonly [name in Name]?: Setting };

export interface SettingsSources<Name extends string> {
  readonly readers: Readonly<Record<Name, Reader>>;
  /** By flag's name. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** A file of JSON. */
  readonly config?: string | undefined;
  readonly hint: string;
}

/**
 * What was said of each setting: a flag counts before a variable `MOBULA_…` of the environment, and that before the
 * file, whose keys are the names themselves.
 *
 * @throws UsageError
 */
export function readSettings<Name extends string>({ readers, flags, config, hint }: SettingsSources<Name>): Settings<Name> {
  const names = Object.keys(readers) as Name[];
  const file = config === undefined ? {} : readConfig(config, { names, hint });
  const settings: { [name in Name]?: Setting } = {};
  for (const name of names) {
    const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const variable = `MOBULA_${words.toUpperCase().replaceAll("-", "_")}`;
    const said = [
      { value: flags[words], source: `--${words}` },
      { value: platform.env(variable) || undefined, source: variable },
      { value: file[name], source: `"${name}" in ${config}` },
    ];
    const rank = said.findIndex(({ value }) => value !== undefined);
    const { value, source } = said[rank] ?? {};
    if (source === undefined) continue;
    settings[name] = { value: typeof value === "string" ? read(value, { source, reader: readers[name], hint }) : value, source, rank };
  }
  return settings;
}

/** The error for a setting that can't be. */
export function settingError({ source }: Setting, problem: string, hint: string): UsageError {
  return new UsageError(`${source} ${problem}`, hint);
}

function read(text: string, { source, reader, hint }: { source: string; reader: Reader; hint: string }): unknown {
  try {
    return reader(text);
  } catch (error) {
    throw new UsageError(`${source} must be ${(error as Error).message}, not ${JSON.stringify(text)}`, hint);
  }
}

function readConfig(file: string, { names, hint }: { names: readonly string[]; hint: string }): Record<string, unknown> {
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`the file ${file} cannot be read as JSON: ${(error as Error).message}`, hint);
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) throw new UsageError(`the file ${file} must hold an object`, hint);
  const stray = Object.keys(config).find((key) => !names.includes(key));
  if (stray === undefined) return config as Record<string, unknown>;
  const near = nearest(stray, names);
  throw new UsageError(`unknown setting "${stray}" in ${file}`, near === undefined ? hint : `Did you mean "${near}"? ${hint}`);
}

export const asText: Reader = (text) => text;

export const asNumber: Reader = (text) => {
  const number = Number(text);
  if (text.trim() === "" || Number.isNaN(number)) throw new Error("a number");
  return number;
};

export const asFlag: Reader = (text) => {
  if (["1", "true", "yes"].includes(text.toLowerCase())) return true;
  if (["0", "false", "no"].includes(text.toLowerCase())) return false;
  throw new Error("1 or 0");
};

const UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, KB: 1e3, MB: 1e6, GB: 1e9 };

/** Bytes: a number, perhaps with a unit. */
export const asBytes: Reader = (text) => {
  const [, number = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (number === "" || factor === undefined) throw new Error("a number of bytes, such as 1073741824 or 1GiB");
  return Math.floor(Number(number) * factor);
};

export const asObject: Reader = (text) => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Not JSON.
  }
  throw new Error(`a JSON object, such as '{"tpu":2}'`);
};

/** Pairs: JSON, or `k=v,k=v`. */
export const asPairs: Reader = (text) => {
  if (text.trim().startsWith("{")) return asObject(text);
  const pairs = text.split(",").map((pair) => pair.trim().split(/\s*=\s*/));
  if (pairs.some((pair) => pair.length !== 2 || pair[0] === "")) throw new Error("KEY=VALUE,KEY=VALUE or a JSON object");
  return Object.fromEntries(pairs);
};
