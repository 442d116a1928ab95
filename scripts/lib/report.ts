import { fileURLToPath } from "node:url";

/** What a check found wrong. `file` is relative to the tree that was checked. */
export interface Finding {
  readonly file: string;
  readonly line?: number;
  /** The short name of the rule that was broken. */
  readonly rule: string;
  readonly message: string;
}

/** The repository's root folder. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** `file:line: rule: message`, the form that editors make into links. */
export function formatFinding({ file, line, rule, message }: Finding): string {
  return `${file}${line === undefined ? "" : `:${line}`}: ${rule}: ${message}`;
}

/** Prints a check's findings, or one line that it found none, and sets the exit status. */
export function report(check: string, findings: readonly Finding[]): void {
  for (const finding of findings) console.log(formatFinding(finding));
  console.log(`${check}: ${findings.length === 0 ? "ok" : `${findings.length} to mend`}`);
  if (findings.length > 0) process.exitCode = 1;
}
