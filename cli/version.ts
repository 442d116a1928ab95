/** The version of the package that this file belongs to. */
export async function packageVersion(): Promise<string> {
  // Beside the sources, or above the compiled files.
  for (const path of ["../package.json", "../deno.json", "../../package.json"]) {
    try {
      const response = await fetch(new URL(path, import.meta.url));
      const { version } = (await response.json()) as { version?: unknown };
      if (typeof version === "string") return version;
    } catch {
      // Not there: the next one is.
    }
  }
  return "unknown";
}
