/** What the memory monitor goes by. */
export interface MemorySettings {
  /** The share of the memory above which a worker is ended: more than 0, at most 1. */
  readonly threshold: number;
  /** How often memory is read, in milliseconds; 0 for never. Up to a second apart while so much is free that it can't fill meanwhile. */
  readonly periodMs: number;
  /** What this node's own processes may use together; undefined: what the machine and its control groups allow. Bytes. */
  readonly limitBytes: number | undefined;
}

const THRESHOLD = "MOBULA_MEMORY_USAGE_THRESHOLD";
const PERIOD = "MOBULA_MEMORY_MONITOR_REFRESH_MS";
const LIMIT = "MOBULA_MEMORY_LIMIT_BYTES";

/** As the node's environment says; else Ray's: at 95 %, every 250 ms. @throws RangeError that names the variable */
export function memorySettings(env: (name: string) => string | undefined): MemorySettings {
  const number = (name: string, fits: (value: number) => boolean, says: string): number | undefined => {
    const text = env(name)?.trim() ?? "";
    if (text === "") return undefined;
    const value = Number(text);
    if (!fits(value)) throw new RangeError(`${name} is ${JSON.stringify(text)}: set it to ${says}, or unset it.`);
    return value;
  };
  return {
    threshold: number(THRESHOLD, (value) => value > 0 && value <= 1, "a share of the memory above 0 and up to 1, such as 0.95") ?? 0.95,
    periodMs: number(PERIOD, (value) => value >= 0 && value < 2 ** 31, "milliseconds, or 0 to turn the memory monitor off") ?? 250,
    limitBytes: number(LIMIT, (value) => Number.isSafeInteger(value) && value > 0, "a number of bytes above 0"),
  };
}
