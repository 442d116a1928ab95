import { format } from "node:util";

/**
 * The title of one row of `test.each`: `%s %d %i %f %j %o %p %#` take the arguments in turn as Jest's do, and `$name`
 * or `$a.b` takes a field of the row's first argument.
 */
export function formatTitle(title: string, args: readonly unknown[], index: number): string {
  const [first] = args;
  const named = title.replace(/\$([A-Za-z_][\w.]*)/g, (whole, path: string) => {
    let value = first;
    for (const key of path.split(".")) {
      if (typeof value !== "object" || value === null || !(key in value)) return whole;
      value = (value as Record<string, unknown>)[key];
    }
    return format("%o", value);
  });
  const numbered = named.replaceAll("%#", String(index)).replaceAll("%p", "%o");
  const holes = numbered.match(/%[sdifjoO]/g)?.length ?? 0;
  return format(numbered, ...args.slice(0, holes));
}
