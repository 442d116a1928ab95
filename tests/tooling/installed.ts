import { cp, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root as repository } from "../../scripts/lib/report.ts";
import { run } from "../../scripts/lib/run.ts";

/** Runs a command that has to succeed. Returns what it printed. */
export async function call(command: string, args: readonly string[], { cwd, env }: { cwd: string; env?: Record<string, string> }): Promise<string> {
  const { code, output } = await run(command, args, { cwd, deadlineMs: 120_000, env: { NO_COLOR: "1", ...env } });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${output}`);
  return output;
}

/** The package as a user has it. Disposing of it removes all that. */
export interface Installed extends AsyncDisposable {
  /** A folder of its own, outside the repository. */
  readonly folder: string;
  readonly tarball: string;
  /** A user's project, in which the tarball is installed. */
  readonly user: string;
}

/** Packs the sources and installs the tarball in a new project. */
export async function installPackage(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), "mobula-package-"));
  const sources = join(folder, "sources");
  await copySources(sources);
  await call("npm", ["pack", "--pack-destination", folder], { cwd: sources });
  const packed = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
  const tarball = join(folder, packed ?? "no tarball");
  const user = join(folder, "user");
  await cp(join(repository, "LICENSE"), join(user, "LICENSE"));
  await writeFile(join(user, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  await call("npm", ["install", "--no-audit", "--no-fund", tarball], { cwd: user });
  return { folder, tarball, user, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** A copy of the sources, so that packing here does not race with another run over one `dist/`. */
async function copySources(to: string): Promise<void> {
  for (const entry of await readdir(repository)) {
    if (["node_modules", "dist", ".git"].includes(entry) || entry.endsWith(".tgz")) continue;
    await cp(join(repository, entry), join(to, entry), { recursive: true });
  }
  await symlink(join(repository, "node_modules"), join(to, "node_modules"));
}
