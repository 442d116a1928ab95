import { types } from "node:util";
import { type Binary, binaryKind, bytesOf } from "./binary.ts";
import { builtInPrototypes, unboxed } from "./built_ins.ts";
import { Tag } from "./cbor.ts";
import type { ErrorRegistry } from "./errors.ts";
import type { Extension } from "./extension.ts";
import { SerializationFault } from "./faults.ts";
import { arrayIndex, countOwnKeys } from "./own_keys.ts";
import { entryStep, renderPath, type Step } from "./path.ts";
import { isExact, isExactString } from "./primitives.ts";
import { refusalOf } from "./refusals.ts";
import { utf16Bytes } from "./utf16.ts";
import { type Holder, type Visit, Visits } from "./visits.ts";
import { wireTag } from "./wire_tags.ts";

/** What a codec brings to each of its encodes and decodes. */
export interface CodecParts {
  readonly segmentThreshold: number;
  readonly lenientErrors: boolean;
  readonly extensions: readonly Extension[];
  readonly errors: ErrorRegistry;
}

/** Where the walk stood when it put a container off. */
interface Prefix {
  readonly up: Prefix | undefined;
  readonly steps: readonly Step[];
}

interface Late {
  readonly visit: Visit;
  readonly prefix: Prefix;
}

/**
 * Containers nested deeper than this are put off and encoded beside the root, so that neither side's stack bounds how
 * deep a value may nest (linked lists).
 */
const deferDepth = 64;

/** Errors and extensions cannot be put off; at five CBOR levels each this stays within `maxWireDepth`. */
const maxDepth = 200;

/** cbor-x counts the entries of an object in 16 bits. */
const maxMapEntries = 0xffff;

const symbolRefusal = "a symbol is known to its own thread alone; pass a string instead";

/** Own properties of errors that are not enumerable and yet belong to them. */
const hiddenErrorKeys: readonly string[] = ["cause", "errors", "error", "suppressed"];

/**
 * Turns one user value into a wire tree: a copy that cbor-x writes without calling back into user code, in which all
 * that is not plain data is a Tag (see `wire_tags.ts`). Each property is read once. Plain data without shared
 * references becomes just a copy. Good for one value.
 */
export class Lowering<Context> {
  /** Binary values left out of the tree, in order; still the caller's memory. */
  readonly segments: ArrayBufferView[] = [];
  readonly #parts: CodecParts;
  readonly #context: Context;
  readonly #visits: Visits = new Visits();
  #shared: Visit[] | undefined;
  #late: Late[] | undefined;
  #ids = 0;
  /** Whether the tree has tags. */
  #tagged = false;
  /** The step taken at each depth on the way to the current value. */
  readonly #steps: Step[] = [];
  #prefix: Prefix | undefined;

  constructor(parts: CodecParts, context: Context) {
    this.#parts = parts;
    this.#context = context;
  }

  /** The wire tree of the value. Throws SerializationFault. */
  lower(value: unknown): unknown {
    const graph: unknown[] = [undefined];
    const holder = graph as unknown as Holder;
    graph[0] = this.#lower(value, holder, 0, 0);
    for (let i = 0; this.#late !== undefined && i < this.#late.length; i++) {
      const { visit, prefix } = this.#late[i]!;
      this.#prefix = prefix;
      graph.push(visit.id, undefined);
      graph[graph.length - 1] = this.#lowerContainer(visit.value, 0);
    }
    // Only now do all slots hold their final value.
    if (this.#shared !== undefined) {
      for (const { holder, key, id } of this.#shared) holder[key] = new Tag([id, holder[key]], wireTag.shared);
    }
    return this.#tagged ? new Tag(graph, wireTag.graph) : graph[0];
  }

  #tag(content: unknown, tag: number): Tag {
    this.#tagged = true;
    return new Tag(content, tag);
  }

  #fault(reason: string, depth: number, cause?: unknown): never {
    const steps = this.#steps.slice(0, depth);
    for (let prefix = this.#prefix; prefix !== undefined; prefix = prefix.up) steps.unshift(...prefix.steps);
    throw new SerializationFault(renderPath(steps), reason, cause === undefined ? undefined : { cause });
  }

  #lower(value: unknown, holder: Holder, key: PropertyKey, depth: number): unknown {
    if ((typeof value === "object" && value !== null) || typeof value === "function") return this.#lowerObject(value, holder, key, depth);
    if (typeof value === "symbol") this.#fault(symbolRefusal, depth);
    return this.#lowerScalar(value);
  }

  /** A primitive other than a symbol. */
  #lowerScalar(value: unknown): unknown {
    if (isExact(value)) return value;
    if (typeof value === "string") return this.#tag(utf16Bytes(value), wireTag.utf16);
    if (typeof value === "bigint") return this.#tag([value < 0n, (value < 0n ? -value : value).toString(16)], wireTag.bigint);
    return this.#tag(0, wireTag.negativeZero);
  }

  #refer(visit: Visit, depth: number): Tag {
    if (visit.open) this.#fault("its serializer leads back to the object itself; let encode() leave that reference out", depth);
    if (visit.id < 0) {
      visit.id = this.#ids++;
      (this.#shared ??= []).push(visit);
    }
    return this.#tag(visit.id, wireTag.reference);
  }

  #lowerObject(value: object, holder: Holder, key: PropertyKey, depth: number): unknown {
    const known = this.#visits.find(value);
    if (known !== undefined) return this.#refer(known, depth);
    if (depth > maxDepth) this.#fault(`errors and objects with serializers nest deeper than ${maxDepth} levels; flatten them`, depth);
    const visit: Visit = { value, holder, key, id: -1, open: false };
    this.#visits.add(visit);

    if (typeof value === "function") return this.#lowerExtended(visit, depth) ?? this.#fault(refusalOf(value)!, depth);
    const prototype: object | null = Object.getPrototypeOf(value);
    const isPlain = prototype === Object.prototype || prototype === null || prototype === Array.prototype;
    if (!isPlain && !builtInPrototypes.has(prototype)) {
      const extended = this.#lowerExtended(visit, depth);
      if (extended !== undefined) return extended;
    }
    if (isPlain || Array.isArray(value) || types.isMap(value) || types.isSet(value)) return this.#lowerNested(visit, depth);
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return this.#lowerBinary(value, depth);
    if (types.isDate(value)) return this.#tag(Date.prototype.getTime.call(value), wireTag.date);
    if (types.isRegExp(value)) return this.#tag([this.#lowerScalar(value.source), value.flags], wireTag.regexp);
    if (types.isBoxedPrimitive(value)) return this.#lowerBoxed(value, depth);
    if (types.isNativeError(value) || value instanceof Error) return this.#lowerError(value as Error, visit, depth);
    const refusal = refusalOf(value);
    if (refusal !== null) this.#fault(refusal, depth);
    return this.#lowerNested(visit, depth);
  }

  /** A container: here and now, or beside the root if it lies deep. */
  #lowerNested(visit: Visit, depth: number): unknown {
    if (depth <= deferDepth) return this.#lowerContainer(visit.value, depth);
    visit.id = this.#ids++;
    (this.#late ??= []).push({ visit, prefix: { up: this.#prefix, steps: this.#steps.slice(0, depth) } });
    return this.#tag(visit.id, wireTag.reference);
  }

  #lowerContainer(value: object, depth: number): unknown {
    if (Object.getPrototypeOf(value) === Object.prototype) return this.#lowerFields(value, depth);
    if (Array.isArray(value)) return this.#lowerArray(value, depth);
    if (types.isMap(value)) return this.#lowerMap(value, depth);
    if (types.isSet(value)) return this.#lowerSet(value, depth);
    return this.#lowerFields(value, depth);
  }

  #lowerFields(value: object, depth: number): unknown {
    let copy: Holder;
    try {
      copy = { ...value };
    } catch (cause) {
      this.#fault(`reading its properties threw ${cause}`, depth, cause);
    }
    let count = 0;
    let hasOddKey = false;
    let isFlat = true;
    for (const key in copy) {
      count++;
      if (!isExactString(key) || key === "__proto__" || key === "constructor") hasOddKey = true;
      if (!isExact(copy[key])) isFlat = false;
    }
    if (hasOddKey || count > maxMapEntries) return this.#tag(this.#lowerEntries(copy, Object.keys(copy), depth), wireTag.object);
    if (isFlat) return copy;
    for (const key in copy) {
      const item = copy[key];
      // Not own: someone added an enumerable property to Object.prototype.
      if (isExact(item) || !Object.hasOwn(copy, key)) continue;
      this.#steps[depth] = key;
      copy[key] = this.#lower(item, copy, key, depth + 1);
    }
    return copy;
  }

  /** Appends `key, value, key, value …` of the named properties to `entries`. */
  #lowerEntries(source: object, keys: readonly string[], depth: number, entries: unknown[] = []): unknown[] {
    for (const key of keys) {
      const index = entries.push(this.#lowerScalar(key), undefined) - 1;
      this.#steps[depth] = key;
      entries[index] = this.#lower((source as Holder)[key], entries as unknown as Holder, index, depth + 1);
    }
    return entries;
  }

  #lowerArray(value: readonly unknown[], depth: number): unknown {
    const { length } = value;
    // Holes make it less, names make it more; both together are told apart by the holes below.
    if (countOwnKeys(value) !== length) return this.#lowerOddArray(value, depth);
    // A subclass would make slice() run its constructor.
    const copy: unknown[] = (value.constructor as unknown) === Array ? value.slice() : Array.from({ length }, (_, i) => value[i]);
    for (let i = 0; i < length; i++) {
      const item = copy[i];
      if (item === undefined && !(i in value)) return this.#lowerOddArray(value, depth);
      if (isExact(item)) continue;
      this.#steps[depth] = i;
      copy[i] = this.#lower(item, copy as unknown as Holder, i, depth + 1);
    }
    return copy;
  }

  #lowerOddArray(value: readonly unknown[], depth: number): Tag {
    const items: unknown[] = [];
    const names: string[] = [];
    for (const key of Object.keys(value)) {
      const index = arrayIndex(key);
      if (index < 0) {
        names.push(key);
        continue;
      }
      const slot = items.push(index, undefined) - 1;
      this.#steps[depth] = index;
      items[slot] = this.#lower(value[index], items as unknown as Holder, slot, depth + 1);
    }
    return this.#tag([value.length, items, this.#lowerEntries(value, names, depth)], wireTag.array);
  }

  #lowerMap(value: ReadonlyMap<unknown, unknown>, depth: number): Tag {
    const flat: unknown[] = [];
    // Taken whole first: lowering may run user code that changes the map.
    Map.prototype.forEach.call(value, (item, key) => flat.push(key, item));
    for (let i = 0; i < flat.length; i++) {
      const item = flat[i];
      if (isExact(item)) continue;
      this.#steps[depth] = i % 2 === 0 ? { text: `.keys()[${i / 2}]` } : entryStep(flat[i - 1], (i - 1) / 2);
      flat[i] = this.#lower(item, flat as unknown as Holder, i, depth + 1);
    }
    return this.#tag(flat, wireTag.map);
  }

  #lowerSet(value: ReadonlySet<unknown>, depth: number): Tag {
    const items: unknown[] = [];
    Set.prototype.forEach.call(value, (item) => items.push(item));
    for (let i = 0; i < items.length; i++) {
      if (isExact(items[i])) continue;
      this.#steps[depth] = { text: `.values()[${i}]` };
      items[i] = this.#lower(items[i], items as unknown as Holder, i, depth + 1);
    }
    return this.#tag(items, wireTag.set);
  }

  #lowerBinary(value: Binary, depth: number): Tag {
    const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
    if (buffer instanceof ArrayBuffer && buffer.detached) this.#fault("its buffer was transferred away; copy it before the transfer", depth);
    const kind = binaryKind(value);
    if (kind < 0) this.#fault("this kind of typed array is not known here; pass its bytes", depth);
    const bytes = bytesOf(value);
    if (bytes.byteLength < this.#parts.segmentThreshold) return this.#tag([kind, bytes], wireTag.binary);
    return this.#tag([kind, this.segments.push(bytes) - 1], wireTag.segment);
  }

  #lowerBoxed(value: object, depth: number): Tag {
    if (types.isSymbolObject(value)) this.#fault(symbolRefusal, depth);
    return this.#tag(this.#lowerScalar(unboxed(value)), wireTag.boxed);
  }

  #lowerExtended(visit: Visit, depth: number): Tag | undefined {
    const extension = this.#parts.extensions.find((each) => each.matches(visit.value));
    if (extension === undefined) return undefined;
    visit.open = true;
    const content: unknown[] = [extension.tag, undefined];
    let wire: unknown;
    try {
      wire = extension.encode(visit.value, this.#context);
    } catch (cause) {
      this.#fault(`its serializer threw ${cause}`, depth, cause);
    }
    this.#steps[depth] = { text: "" };
    content[1] = this.#lower(wire, content as unknown as Holder, 1, depth + 1);
    visit.open = false;
    return this.#tag(content, wireTag.extension);
  }

  #lowerError(error: Error, visit: Visit, depth: number): Tag {
    const lineage = this.#parts.errors.lineageOf(error);
    visit.open = this.#parts.errors.reviver(lineage) !== undefined;
    const enumerable = Object.keys(error).filter((key) => key !== "message" && key !== "stack");
    const hidden = hiddenErrorKeys.filter((key) => Object.hasOwn(error, key) && !enumerable.includes(key));
    const text = (part: unknown): unknown => (part === undefined ? undefined : this.#lowerScalar(String(part)));
    const hasMessage = Object.hasOwn(error, "message") || error.message !== "";
    const wire = [
      lineage.map((name) => this.#lowerScalar(name)),
      text(error.name),
      hasMessage ? text(error.message) : undefined,
      typeof error.stack === "string" ? text(error.stack) : undefined,
      this.#lowerErrorFields(error, enumerable, depth),
      this.#lowerErrorFields(error, hidden, depth),
    ];
    visit.open = false;
    return this.#tag(wire, wireTag.error);
  }

  #lowerErrorFields(error: Error, keys: readonly string[], depth: number): unknown[] {
    if (!this.#parts.lenientErrors) return this.#lowerEntries(error, keys, depth);
    const entries: unknown[] = [];
    for (const key of keys) {
      const [written, met, segments] = [entries.length, this.#visits.size, this.segments.length];
      try {
        this.#lowerEntries(error, [key], depth, entries);
      } catch (fault) {
        if (!(fault instanceof SerializationFault)) throw fault;
        // What was met in the part thrown away must not be referred to.
        const dropped = this.#visits.cutBack(met);
        this.#late = this.#late?.filter(({ visit }) => !dropped.includes(visit));
        this.segments.length = segments;
        entries.length = written;
        entries.push(this.#lowerScalar(key), this.#lowerScalar(`[${fault.message}]`));
      }
    }
    return entries;
  }
}
