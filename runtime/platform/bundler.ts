/** How a specifier is met: as in `import … from`, `import(…)` or `require(…)`. */
export type ImportKind = "import" | "dynamic" | "require";

/** One import that the bundler has come upon. */
export interface MetImport {
  readonly specifier: string;
  /** The path of the file that has it. */
  readonly importer: string;
  readonly kind: ImportKind;
  /** Whether the bundler may find a file for it. MUST NOT install anything. */
  found(): Promise<boolean>;
}

export interface BundleRequest {
  /** The path of the module whose exports the bundle has. */
  readonly entry: string;
  /** What is to be written for an import that stays one; undefined for one whose module is put into the bundle. */
  external(met: MetImport): Promise<string | undefined>;
}

/** A source map, as its standard has it (version 3). */
export interface SourceMap {
  /** Absolute paths. */
  readonly sources: readonly string[];
  readonly sourcesContent: readonly (string | null)[];
  readonly mappings: string;
}

/** One module's graph as one module: JavaScript that Bun and Deno both run, without types, JSX, decorators and `using`. */
export interface BundledText {
  readonly text: string;
  readonly map: SourceMap;
}

/** What both adapters write where Node's modules have what a bundle needs; each stands on one line. */
export const bundleDefines: Readonly<Record<string, string>> = { "import.meta.main": "false" };

export function importKind(kind: string): ImportKind {
  if (kind.startsWith("require")) return "require";
  return kind === "dynamic-import" ? "dynamic" : "import";
}

/** What a bundler says of its failure, for people: at most a few lines. */
export function bundlingError(messages: readonly { text: string; place?: string | undefined }[]): Error {
  const told = messages.slice(0, MAX_MESSAGES).map(({ text, place }) => (place === undefined ? text : `${place}: ${text}`));
  if (messages.length > MAX_MESSAGES) told.push(`and ${messages.length - MAX_MESSAGES} more`);
  return new Error(told.join("\n"));
}

const MAX_MESSAGES = 5;
