/**
 * Holds the source tree to the rules of docs and review that a machine can check:
 *
 * - import-direction: rooms import downwards, and each other's `mod.ts` alone (scripts/structure/rooms.ts).
 * - runtime-name: `Bun`, `Deno` and `process` under `runtime/platform/` alone.
 * - injected-time: no clock, timer or chance of the runtime's own in `actors/` and `runtime/`.
 * - file-length: no source file over 400 lines.
 * - place-name: no machine's folders and no package registry in any file.
 *
 *   bun scripts/check_structure.ts [--root DIR]
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { listFiles } from "./lib/files.ts";
import { type Finding, report, root as repository } from "./lib/report.ts";
import { globalUses } from "./structure/globals.ts";
import { globalProblem, moduleProblem } from "./structure/names.ts";
import { importProblem, resolveImport } from "./structure/rooms.ts";
import { imports, parseModule } from "./structure/syntax.ts";
import { countLines, maxLines, placesNamed } from "./structure/text.ts";

const isSource = (file: string): boolean => /\.(ts|tsx|mts|js|jsx|mjs)$/.test(file);
const isGenerated = (file: string): boolean => /\.generated\.|(^|\/)generated\//.test(file);

function checkText(file: string, text: string): Finding[] {
  const findings: Finding[] = [];
  // The lock file's addresses are looked at by check_lockfile.ts.
  if (file !== "package-lock.json") {
    for (const { line, what } of placesNamed(text)) {
      findings.push({ file, line, rule: "place-name", message: `${what} has no place in the project` });
    }
  }
  const lines = countLines(text);
  if (isSource(file) && !isGenerated(file) && lines > maxLines) {
    findings.push({ file, rule: "file-length", message: `${lines} lines, and ${maxLines} are the most: split it` });
  }
  return findings;
}

function checkSource(file: string, text: string): Finding[] {
  const findings: Finding[] = [];
  const module = parseModule(text);
  for (const { specifier, line } of imports(module)) {
    const target = resolveImport(file, specifier);
    const direction = target === undefined ? undefined : importProblem(file, target);
    if (direction !== undefined) findings.push({ file, line, rule: "import-direction", message: direction });
    const [rule, message] = moduleProblem(file, specifier) ?? [];
    if (rule !== undefined && message !== undefined) findings.push({ file, line, rule, message });
  }
  for (const use of globalUses(module)) {
    const [rule, message] = globalProblem(file, use) ?? [];
    if (rule !== undefined && message !== undefined) findings.push({ file, line: use.line, rule, message });
  }
  return findings;
}

/** Everything that breaks a rule in the tree under `root`, by file and then by line. */
export async function checkStructure(root: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const file of await listFiles(root)) {
    const text = await readFile(join(root, file), "utf8");
    // A NUL byte: not text.
    if (text.includes("\0")) continue;
    findings.push(...checkText(file, text));
    if (!isSource(file)) continue;
    try {
      findings.push(...checkSource(file, text));
    } catch (error) {
      findings.push({ file, rule: "syntax", message: String(error) });
    }
  }
  return findings;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { root: { type: "string", default: repository } } });
  report("structure", await checkStructure(resolve(values.root)));
}
