/** Says how instances of a class look in a console; each runtime's asks by a symbol of its own. */
export function showInConsole<T extends object>(prototype: T, describe: (instance: T) => string): void {
  for (const inspect of ["nodejs.util.inspect.custom", "Deno.customInspect"]) {
    Object.defineProperty(prototype, Symbol.for(inspect), {
      value(this: T) {
        return describe(this);
      },
    });
  }
}
