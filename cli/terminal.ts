import { isatty } from "node:tty";
import { platform } from "../runtime/platform/mod.ts";

/** Whether standard output is read by a person who has not asked for plain text. */
export function isColourful(): boolean {
  return isatty(1) && (platform.env("NO_COLOR") ?? "") === "";
}

export function bold(text: string): string {
  return isColourful() ? `\u001B[1m${text}\u001B[22m` : text;
}

export function print(text: string): void {
  platform.print("stdout", text);
}
