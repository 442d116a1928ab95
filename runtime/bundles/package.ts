/** Packages in `node_modules`, as far as it matters here: whether one can travel as text. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface InstalledPackage {
  readonly name: string;
  readonly folder: string;
}

/** The package that a bare specifier names; undefined for anything else. */
export function packageNameOf(specifier: string): string | undefined {
  if (/^(?:[./#]|[a-zA-Z][\w+.-]+:)/.test(specifier)) return undefined;
  return /^(?:@[^/]+\/[^/]+|[^/@][^/]*)/.exec(specifier)?.[0];
}

/** The package that a bare specifier names for a file, where it is installed. */
export function installedPackage(specifier: string, importer: string): InstalledPackage | undefined {
  const name = packageNameOf(specifier);
  if (name === undefined) return undefined;
  for (let at = dirname(importer); ; at = dirname(at)) {
    const folder = join(at, "node_modules", name);
    if (existsSync(join(folder, "package.json"))) return { name, folder };
    if (dirname(at) === at) return undefined;
  }
}

/** The package that a file belongs to, where that is an installed one. */
export function packageOfFile(path: string): InstalledPackage | undefined {
  const match = /^(.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+))(?:[\\/]|$)/.exec(path);
  const [, folder, name] = match ?? [];
  return folder === undefined || name === undefined ? undefined : { name: name.replaceAll("\\", "/"), folder };
}

interface Manifest {
  readonly gypfile?: unknown;
  readonly binary?: unknown;
  readonly napi?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** What packages use that load or build native code of their own. */
const LOADERS = /^(?:bindings|node-gyp-build(?:-optional-packages)?|prebuild-install|node-addon-api|nan|(?:@mapbox\/)?node-pre-gyp|pkg-prebuilds)$/;
const FOR_ONE_PLATFORM = /(?:linux|darwin|win32|windows)(?:32|64)?-(?:x64|arm64|ia32|arm)/;

const known = new Map<string, boolean>();

/** Whether a package has native code, by its manifest and the files beside it. */
export function isNative({ folder }: InstalledPackage): boolean {
  let native = known.get(folder);
  if (native === undefined) {
    native = looksNative(folder);
    known.set(folder, native);
  }
  return native;
}

function looksNative(folder: string): boolean {
  try {
    const {
      gypfile,
      binary,
      napi,
      dependencies = {},
      optionalDependencies = {},
    } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
    if (gypfile === true || binary !== undefined || napi !== undefined) return true;
    if (Object.keys(dependencies).some((name) => LOADERS.test(name))) return true;
    if (Object.keys(optionalDependencies).some((name) => FOR_ONE_PLATFORM.test(name))) return true;
    return readdirSync(folder).some((file) => file === "binding.gyp" || file === "prebuilds" || file.endsWith(".node"));
  } catch {
    return false;
  }
}
