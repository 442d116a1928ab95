/** The finest share of a resource that is told apart. */
export const RESOURCE_STEP: number = 0.0001;

const UNITS_PER_ONE = 10_000;

// Counted in whole bytes: in ten-thousandths a large machine would leave the safe integers.
const WHOLE: ReadonlySet<string> = new Set(["memory", "object_store_memory"]);

/** Whether a resource is counted in whole units (bytes) rather than in steps of 0.0001. */
export function isWhole(name: string): boolean {
  return WHOLE.has(name);
}

/**
 * The quantity in integer units: ten-thousandths, or bytes for memory. Rounds to
 * the nearest unit, so that `1 / 3` is a fair share; what is positive but rounds
 * to nothing is refused.
 *
 * Throws `RangeError` for what is negative, not finite, too small or too large.
 */
export function toUnits(name: string, quantity: number): number {
  const units = Math.round(isWhole(name) ? quantity : quantity * UNITS_PER_ONE);
  if (!(quantity >= 0) || !Number.isSafeInteger(units) || (units === 0 && quantity > 0)) {
    const step = isWhole(name) ? "a whole number of bytes" : `a number in steps of ${RESOURCE_STEP}`;
    throw new RangeError(`Resource "${name}" must be ${step}, 0 or more, not ${quantity}.`);
  }
  return units;
}

/** Units back to the number people write. */
export function fromUnits(name: string, units: number): number {
  return isWhole(name) ? units : units / UNITS_PER_ONE;
}
