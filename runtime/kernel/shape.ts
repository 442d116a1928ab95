/** What an argument of a contract's method has to be; `says` is for people. */
export interface Shape {
  readonly says: string;
  fits(value: unknown): boolean;
}

/** The arguments of each method of a contract, by name. What is not named here is no method of it. */
export type MethodShapes = { readonly [method: string]: readonly Shape[] };

/** By the actor's number. */
export type ContractShapes = { readonly [actor: number]: MethodShapes };

/** @throws TypeError naming the method and what it takes, when one is not as its shape says. */
export function assertFits(method: string, shapes: readonly Shape[], args: readonly unknown[]): void {
  for (let i = 0; i < shapes.length; i++) {
    const shape = shapes[i] as Shape;
    if (!shape.fits(args[i])) throw new TypeError(`${method}: argument ${i + 1} has to be ${shape.says}, and is ${kindOf(args[i])}`);
  }
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "number" ? String(value) : typeof value;
}
