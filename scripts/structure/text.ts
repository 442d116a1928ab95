/** The longest that a source file may be, in lines. */
export const maxLines = 400;

/** Written in parts, so that this file does not break its own rule. */
const registryHosts = [
  ["registry", "npmjs.org"],
  ["registry", "yarnpkg.com"],
  ["npm", "jsr.io"],
  ["files", "pythonhosted.org"],
  ["proxy", "golang.org"],
  ["deb", "debian.org"],
].map((parts) => parts.join("."));

/** Folders of a machine on which the project was once worked on. */
const machinePath = /(?<![\w.-])\/(?:work|root)\//;

/** Lines that name a machine's own folders or a package registry, which no committed text should. */
export function* placesNamed(text: string): Generator<{ line: number; what: string }> {
  for (const [index, line] of text.split("\n").entries()) {
    const path = machinePath.exec(line)?.[0];
    const host = registryHosts.find((each) => line.includes(each));
    for (const what of [path, host]) if (what !== undefined) yield { line: index + 1, what };
  }
}

export function countLines(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}
