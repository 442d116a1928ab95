/**
 * Every command of this repository that README.md shows must exist: a script of package.json, a task of deno.json or
 * a file. Among them must be one that runs the demo and one that runs the tests.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Finding, report, root as repository } from "./lib/report.ts";

/** What a command line starts: a script or task by name, or a file by path. */
export type Started = { readonly kind: "script" | "task" | "file"; readonly name: string };

/** Commands of bun, deno and npm themselves, which need nothing of ours. */
const ownCommands = new Set(["add", "ci", "i", "install", "init", "create", "pack", "publish", "x", "upgrade"]);

/** What a line of a shell block starts here, or undefined if it is about something else. */
export function startedBy(line: string): Started | undefined {
  const words = line
    .trim()
    .replace(/^\$ /, "")
    .split(/\s+/)
    .filter((word) => !word.startsWith("-"));
  const [tool = "", verb = "", name = ""] = words[0] === "npx" ? words.slice(1) : words;
  if (!["npm", "bun", "deno"].includes(tool) || ownCommands.has(verb)) return undefined;
  if (tool === "npm" && (verb === "test" || verb === "t")) return { kind: "script", name: "test" };
  if (tool === "deno" && verb === "task") return { kind: "task", name };
  const started = verb === "run" || verb === "test" ? name : verb;
  if (started.endsWith(".ts")) return { kind: "file", name: started };
  return verb === "run" ? { kind: "script", name } : undefined;
}

/** The lines of the fenced blocks that are meant for a shell. */
function* shellLines(markdown: string): Generator<{ text: string; line: number }> {
  let inside = false;
  for (const [index, text] of markdown.split("\n").entries()) {
    if (text.startsWith("```")) inside = !inside && /^```(sh|bash|shell|console)\b/.test(text);
    else if (inside) yield { text, line: index + 1 };
  }
}

export async function checkReadme(root: string): Promise<Finding[]> {
  const file = "README.md";
  if (!existsSync(join(root, file))) return [{ file, rule: "readme", message: "is missing" }];
  const { scripts = {} } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const { tasks = {} } = JSON.parse(await readFile(join(root, "deno.json"), "utf8"));
  const names = { script: scripts, task: tasks };
  const findings: Finding[] = [];
  const shown = new Set<string>();
  for (const { text, line } of shellLines(await readFile(join(root, file), "utf8"))) {
    for (const command of text.replace(/\s#.*$/, "").split("&&")) {
      const started = startedBy(command);
      if (started === undefined) continue;
      shown.add(started.name);
      const { kind, name } = started;
      const there = kind === "file" ? existsSync(join(root, name)) : name in names[kind];
      if (!there) findings.push({ file, line, rule: "readme", message: `there is no ${kind} "${name}"` });
    }
  }
  for (const each of ["demo", "test"]) {
    if (!shown.has(each)) findings.push({ file, rule: "readme", message: `shows no command that runs the ${each}` });
    const path = /\S+\.ts$/.exec(scripts[each] ?? "")?.[0];
    if (path !== undefined && !existsSync(join(root, path))) {
      findings.push({
        file: "package.json",
        rule: "readme",
        message: `script "${each}" runs ${path}, which is missing`,
      });
    }
  }
  return findings;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { root: { type: "string", default: repository } } });
  report("readme", await checkReadme(resolve(values.root)));
}
