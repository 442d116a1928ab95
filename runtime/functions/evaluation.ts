/** Whether a definition is made again when a worker imports its module. */
import type { MobulaPredicate } from "./mobula_import.ts";
import { MobulaNames } from "./mobula_names.ts";
import type { ModuleLookup, ModuleSource } from "./module_source.ts";
import { shippedSource } from "./shipped_source.ts";
import { MAX_USER_FRAMES } from "./site.ts";
import { isImportable } from "./specifier.ts";
import type { SourcePosition } from "./stack_frame.ts";
import { suspensionPoint } from "./suspension.ts";

export interface EvaluationOptions {
  readonly sources: ModuleLookup;
  readonly isMobula: MobulaPredicate;
}

const points = new WeakMap<ModuleSource, number>();

/**
 * Why importing the outermost module of this stack would not run the call there; undefined when it would, or
 * when the source cannot be read to tell. The stack ends in module code exactly when it was the module's
 * evaluation that made the definition.
 */
export function whyNotEvaluated(frames: readonly SourcePosition[], options: EvaluationOptions): string | undefined {
  const outermost = frames.at(-1);
  if (outermost === undefined) return "the place of its definition is not known";
  if (shippedSource(outermost.url) !== undefined) return "it is defined inside a function that itself was sent to this worker";
  if (!isImportable(outermost.url)) return `a worker cannot import its module, ${outermost.url}`;
  const source = options.sources.find(outermost.url);
  const syntax = source?.syntax;
  const offset = source?.offsetOf(outermost);
  if (source === undefined || syntax === undefined || offset === undefined) return undefined;
  const call = syntax.callAt(offset);
  const deferred = call?.scope.deferred ?? syntax.functions.some(({ node, form }) => form !== "class" && node.start <= offset && offset < node.end);
  if (deferred || frames.length >= MAX_USER_FRAMES) {
    return "it is defined inside a function, which a worker that imports the module does not call";
  }
  if (call?.scope.mainOnly === true) return "it is defined under `if (import.meta.main)`, which is not taken in a worker";
  const point = suspensionOf(source, options);
  if (offset < point) return undefined;
  const { line } = source.positionOf(point - 1);
  return `it is defined after the top-level await in line ${line}, where the module stops in a worker`;
}

/** The first of these module-level names that gets its value only after the module has stopped in a worker. */
export function initialisedTooLate(
  names: readonly { readonly name: string; readonly initialisedAt?: number | undefined }[],
  module: { source: ModuleSource; options: EvaluationOptions },
): string | undefined {
  const point = suspensionOf(module.source, module.options);
  const late = names.find(({ initialisedAt }) => initialisedAt !== undefined && initialisedAt >= point);
  return (
    late &&
    `${late.name} gets its value after the top-level await in line ${module.source.positionOf(point - 1).line}, where the module stops in a worker`
  );
}

/** True when a worker's import of this module comes to its end, as far as its own text tells. */
export function importCompletes(source: ModuleSource, options: EvaluationOptions): boolean {
  return isImportable(source.url) && suspensionOf(source, options) === Number.POSITIVE_INFINITY;
}

function suspensionOf(source: ModuleSource, { isMobula }: EvaluationOptions): number {
  const known = points.get(source);
  if (known !== undefined) return known;
  const syntax = source.syntax;
  const point = syntax === undefined ? Number.POSITIVE_INFINITY : suspensionPoint(syntax, new MobulaNames(syntax, { url: source.url, isMobula }));
  points.set(source, point);
  return point;
}
