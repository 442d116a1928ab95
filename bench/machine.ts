import { readFile } from "node:fs/promises";
import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";

/** Where and when a run was made. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  /** Of this package and of those it is compared with. */
  readonly versions: Readonly<Record<string, string>>;
  /** The day, as YYYY-MM-DD. */
  readonly date: string;
}

export async function describeMachine(): Promise<Machine> {
  return {
    processor: cpus()[0]?.model.trim() || arch(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release().split("-", 1)[0]}, ${arch()}`,
    versions: {
      mobula: await versionIn("../package.json"),
      piscina: await versionIn("../node_modules/piscina/package.json"),
      tinypool: await versionIn("../node_modules/tinypool/package.json"),
      workerpool: await versionIn("../node_modules/workerpool/package.json"),
    },
    date: new Date().toISOString().slice(0, 10),
  };
}

async function versionIn(path: string): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL(path, import.meta.url), "utf8")) as { version: string };
  return version;
}
