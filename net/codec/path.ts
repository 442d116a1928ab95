/** One step into a value: a property name, an index, or a step written out (`.get("k")`). */
export type Step = string | number | { readonly text: string };

/** Longer paths lose their middle. */
const maxShownSteps = 40;

/** "value.items[3].socket" */
export function renderPath(steps: readonly Step[]): string {
  if (steps.length > maxShownSteps) {
    const half = maxShownSteps / 2;
    return `value${steps.slice(0, half).map(renderStep).join("")} … ${steps.slice(-half).map(renderStep).join("")}`;
  }
  return `value${steps.map(renderStep).join("")}`;
}

function renderStep(step: Step): string {
  if (typeof step === "number") return `[${step}]`;
  if (typeof step === "object") return step.text;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** The step from a Map to the value of a key. */
export function entryStep(key: unknown, index: number): Step {
  if (typeof key === "string") return { text: `.get(${JSON.stringify(key)})` };
  if (typeof key === "object" || typeof key === "function" || typeof key === "symbol") return { text: `.values()[${index}]` };
  return { text: `.get(${String(key)})` };
}
