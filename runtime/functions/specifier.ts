/** Import specifiers. */

/** The URL that a relative or absolute specifier names; undefined for a bare one, which only the runtime can resolve. */
export function resolveSpecifier(specifier: string, moduleUrl: string): string | undefined {
  if (/^(?:\.{1,2}\/|\/)/.test(specifier)) return URL.canParse(specifier, moduleUrl) ? new URL(specifier, moduleUrl).href : undefined;
  return URL.canParse(specifier) ? specifier : undefined;
}

/** True when any worker, also of another process, can import this URL. */
export function isImportable(url: string): boolean {
  return /^(?:file|https?|data|npm|jsr|node):/.test(url);
}
