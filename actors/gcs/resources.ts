/** Amounts by resource name, as `{ CPU: 8, GPU: 1, "node:10.0.0.5": 1 }`. Fractions go down to 0.0001. */
export type Resources = Readonly<Record<string, number>>;

/** The sum by name, exact to the 0.0001 that resources are counted in. */
export function sumResources(parts: Iterable<Resources>): Record<string, number> {
  const sum = new Map<string, number>();
  for (const part of parts) {
    for (const [name, amount] of Object.entries(part)) sum.set(name, (sum.get(name) ?? 0) + amount);
  }
  // Object.fromEntries defines, where assignment would call __proto__'s setter.
  return Object.fromEntries([...sum].map(([name, amount]) => [name, Math.round(amount * 1e4) / 1e4]));
}

/** @throws RangeError naming the resource whose amount is no finite number from 0 up. */
export function assertResources(what: string, resources: Resources | undefined): void {
  for (const [name, amount] of Object.entries(resources ?? {})) {
    if (typeof amount !== "number" || !(amount >= 0 && amount < Infinity)) {
      throw new RangeError(`${what}: resource ${JSON.stringify(name)} must be a number from 0 up, not ${amount}`);
    }
  }
}
