import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { styleText } from "node:util";

const WIDTH = 40;

/**
 * One line that shows how far a stage has come. On a terminal it is redrawn in place; elsewhere a line is
 * printed at each quarter.
 */
export class ProgressBar {
  #label: string;
  #total: number;
  #shown = -1;

  constructor(label: string, total: number) {
    this.#label = label;
    this.#total = total;
  }

  draw(done: number): void {
    const live = isatty(1);
    const steps = live ? 100 : 4;
    const step = Math.floor((steps * done) / this.#total);
    if (step <= this.#shown) return;
    this.#shown = step;
    const count = `${done} of ${this.#total} ${this.#label}`;
    if (!live) {
      console.log(`  ${String(Math.floor((100 * done) / this.#total)).padStart(3)} %  ${count}`);
      return;
    }
    const filled = Math.round((WIDTH * done) / this.#total);
    const bar = styleText("cyan", "━".repeat(filled)) + styleText("dim", "─".repeat(WIDTH - filled));
    // Back to the line's start; what was there is overwritten, and its rest erased.
    writeSync(1, `\r  ${bar}  ${styleText("dim", count)}\x1b[K${done === this.#total ? "\n" : ""}`);
  }
}
