/**
 * How code that needs modules reaches other nodes: a module with all that it imports becomes one text, known by a hash
 * of its content; the definitions in it are found by their places in that text.
 */
export { type Bundle, type BundleOptions, bundle, MAX_BUNDLE_BYTES, type MadeBundle } from "./bundle.ts";
export { BundleStore, type BundleStoreOptions, PackageMissing } from "./bundle_store.ts";
export { DefinitionTravel } from "./definition_travel.ts";
export { withExternals } from "./external.ts";
export { MadePositions, type TextPosition } from "./source_map.ts";
