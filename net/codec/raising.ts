import { type Binary, binaryOver } from "./binary.ts";
import { Tag } from "./cbor.ts";
import type { Extension } from "./extension.ts";
import { CorruptDataFault } from "./faults.ts";
import type { CodecParts } from "./lowering.ts";
import { utf16Text } from "./utf16.ts";
import { wireTag } from "./wire_tags.ts";

/** An array may be this much longer than what it holds before its memory is no longer set aside at once. */
const maxHoles = 32;
const lastIndex = 0xffff_fffe;

function corrupt(reason: string): never {
  throw new CorruptDataFault(reason);
}

/**
 * Turns a decoded wire tree back into the user value: the inverse of Lowering. Plain arrays and objects of the tree
 * become those of the value. Good for one tree. Hostile trees cost time and memory in proportion to their size.
 * Throws CorruptDataFault; passes on what an extension throws.
 */
export class Raising<Context> {
  readonly #parts: CodecParts;
  /** Those that have not been taken: each is named once, or a few bytes might make many copies of one. */
  readonly #segments: (ArrayBufferView | undefined)[];
  readonly #context: Context;
  /** Values by id, from the moment they have an identity. */
  readonly #known: Map<unknown, unknown> = new Map();
  /** Wire forms of late containers that are not yet filled, by id. */
  readonly #unfilled: Map<unknown, unknown> = new Map();
  /** Ids of late containers that the value at hand refers to, to be filled before it is handed to user code. */
  #wanted: unknown[] = [];

  /** What user code threw, if it did. */
  thrown: unknown;

  constructor(parts: CodecParts, input: { segments: readonly ArrayBufferView[]; context: Context }) {
    this.#parts = parts;
    this.#segments = [...input.segments];
    this.#context = input.context;
  }

  raise(tree: unknown): unknown {
    // Plain data has no tag anywhere.
    if (!(tree instanceof Tag)) return tree;
    if (tree.tag !== wireTag.graph) corrupt(`the tag ${tree.tag} out of place`);
    const graph = listOf(tree, 1);
    for (let i = 1; i < graph.length; i += 2) {
      this.#known.set(graph[i], shellOf(graph[i + 1]));
      this.#unfilled.set(graph[i], graph[i + 1]);
    }
    return this.#complete(() => this.#raise(graph[0], undefined));
  }

  /** Raises something together with all late containers that it leads to; a loop, since they may form a long chain. */
  #complete<T>(raise: () => T): T {
    const outer = this.#wanted;
    this.#wanted = [];
    const raised = raise();
    for (let id = this.#wanted.pop(); id !== undefined; id = this.#wanted.pop()) {
      const wire = this.#unfilled.get(id);
      if (this.#unfilled.delete(id)) this.#fill(this.#known.get(id), wire);
    }
    this.#wanted = outer;
    return raised;
  }

  /** `id`, unless undefined, is under which others refer to the value. */
  #raise(wire: unknown, id: unknown): unknown {
    if (typeof wire !== "object" || wire === null) return this.#name(id, wire);
    if (wire instanceof Tag) return this.#raiseTag(wire, id);
    if (wire instanceof Uint8Array) corrupt("bytes without a kind");
    this.#name(id, wire);
    this.#fill(wire, wire);
    return wire;
  }

  #name<T>(id: unknown, value: T): T {
    if (id !== undefined) this.#known.set(id, value);
    return value;
  }

  #raiseTag(tag: Tag, id: unknown): unknown {
    switch (tag.tag) {
      case wireTag.shared: {
        const [sharedId, wire] = listOf(tag, 2);
        if (id !== undefined || typeof sharedId !== "number" || this.#known.has(sharedId)) corrupt("a shared value with no id of its own");
        return this.#raise(wire, sharedId);
      }
      case wireTag.reference:
        if (!this.#known.has(tag.value)) corrupt("a reference to a value that is not there, or not yet");
        if (this.#unfilled.has(tag.value)) this.#wanted.push(tag.value);
        return this.#known.get(tag.value);
      case wireTag.object:
      case wireTag.array:
      case wireTag.map:
      case wireTag.set: {
        const shell = this.#name(id, shellOf(tag));
        this.#fill(shell, tag);
        return shell;
      }
      case wireTag.error:
        return this.#raiseError(tag, id);
      case wireTag.extension:
        return this.#name(id, this.#raiseExtended(tag));
      default:
        return this.#name(id, this.#raiseLeaf(tag));
    }
  }

  #raiseLeaf(tag: Tag): unknown {
    switch (tag.tag) {
      case wireTag.negativeZero:
      case wireTag.utf16:
      case wireTag.bigint:
        return scalarOf(tag);
      case wireTag.date:
        return typeof tag.value === "number" ? new Date(tag.value) : corrupt("a date without a time");
      case wireTag.regexp: {
        const [source, flags] = listOf(tag, 2);
        try {
          return new RegExp(textOf(source), textOf(flags));
        } catch (cause) {
          throw new CorruptDataFault(`a regular expression that this runtime does not take: ${cause}`, { cause });
        }
      }
      case wireTag.boxed: {
        const primitive = scalarOf(tag.value);
        if (primitive === null || primitive === undefined) corrupt("a boxed value of nothing");
        return Object(primitive);
      }
      case wireTag.binary: {
        const [kind, bytes] = listOf(tag, 2);
        // These bytes are a copy made by the decoder for this value alone.
        return bytes instanceof Uint8Array ? binaryOver(bytes, kind) : corrupt("a binary value without bytes");
      }
      case wireTag.segment:
        return this.#raiseSegment(tag);
      default:
        return corrupt(`the tag ${tag.tag} out of place`);
    }
  }

  #raiseSegment(tag: Tag): Binary {
    const [kind, index] = listOf(tag, 2);
    const segment = typeof index === "number" ? this.#segments[index] : undefined;
    if (segment === undefined) corrupt(`a segment that did not come along, or has been named before (there are ${this.#segments.length})`);
    this.#segments[index as number] = undefined;
    return binaryOver(segment, kind);
  }

  /** Fills a container that has its identity from its wire form; these are one and the same for plain ones. */
  #fill(shell: unknown, wire: unknown): void {
    if (Array.isArray(wire)) {
      for (let i = 0; i < wire.length; i++) {
        const item = wire[i];
        if (typeof item === "object" && item !== null) wire[i] = this.#raise(item, undefined);
      }
    } else if (!(wire instanceof Tag)) {
      const fields = wire as Record<string, unknown>;
      for (const key in fields) {
        const item = fields[key];
        if (typeof item === "object" && item !== null && Object.hasOwn(fields, key)) fields[key] = this.#raise(item, undefined);
      }
    } else if (wire.tag === wireTag.map) {
      const flat = listOf(wire, 0);
      if (flat.length % 2 !== 0) corrupt("a map with a key too many");
      for (let i = 0; i < flat.length; i += 2) {
        const key = this.#raise(flat[i], undefined);
        (shell as Map<unknown, unknown>).set(key, this.#raise(flat[i + 1], undefined));
      }
    } else if (wire.tag === wireTag.set) {
      for (const item of listOf(wire, 0)) (shell as Set<unknown>).add(this.#raise(item, undefined));
    } else if (wire.tag === wireTag.object) {
      this.#define(shell as object, wire.value, true);
    } else {
      this.#fillOddArray(shell as unknown[], wire);
    }
  }

  #fillOddArray(shell: unknown[], wire: Tag): void {
    const [length, items, names] = listOf(wire, 3);
    if (!Array.isArray(items) || typeof length !== "number" || length >>> 0 !== length) corrupt("an array without a length");
    // Setting a length of millions would set aside memory for them; an array that once was vast stays sparse.
    if (length > items.length * 4 + maxHoles) shell[lastIndex] = undefined;
    shell.length = length;
    delete shell[lastIndex];
    for (let i = 0; i < items.length; i += 2) {
      const index: unknown = items[i];
      if (typeof index !== "number" || index >>> 0 !== index || index >= length) corrupt("an array item out of place");
      shell[index] = this.#raise(items[i + 1], undefined);
    }
    this.#define(shell, names, true);
  }

  /** Defines rather than sets, so that "__proto__" is a property like any other. */
  #define(target: object, entries: unknown, enumerable: boolean): void {
    if (!Array.isArray(entries) || entries.length % 2 !== 0) corrupt("properties that are no list of pairs");
    for (let i = 0; i < entries.length; i += 2) {
      const value = this.#raise(entries[i + 1], undefined);
      Object.defineProperty(target, textOf(entries[i]), { value, enumerable, writable: true, configurable: true });
    }
  }

  #raiseExtended(tag: Tag): object {
    const [number, wire] = listOf(tag, 2);
    const extension: Extension | undefined = this.#parts.extensions.find((each) => each.tag === number);
    if (extension === undefined) corrupt(`a value of extension ${String(number)}, which is not registered here`);
    const content = this.#complete(() => this.#raise(wire, undefined));
    return this.#foreign(() => extension.decode(content, this.#context));
  }

  /** Runs user code, and tells what it throws from what this class does. */
  #foreign<T>(call: () => T): T {
    try {
      return call();
    } catch (thrown) {
      this.thrown = thrown;
      throw thrown;
    }
  }

  #raiseError(tag: Tag, id: unknown): Error {
    const [names, nameWire, messageWire, stackWire, enumerable, hidden] = listOf(tag, 6);
    if (!Array.isArray(names)) corrupt("an error without a class");
    const lineage = names.map(textOf);
    const name = nameWire === undefined ? "Error" : textOf(nameWire);
    const message = messageWire === undefined ? undefined : textOf(messageWire);
    const stack = stackWire === undefined ? undefined : textOf(stackWire);
    const { errors } = this.#parts;

    const revive = errors.reviver(lineage);
    if (revive !== undefined) {
      const fields: Record<string, unknown> = {};
      const rest: { cause?: unknown } = {};
      this.#complete(() => {
        this.#define(fields, enumerable, true);
        this.#define(rest, hidden, true);
      });
      const cause = rest.cause ?? fields["cause"];
      return this.#name(
        id,
        this.#foreign(() => revive({ name, message: message ?? "", stack, cause, fields })),
      );
    }

    const error = this.#name(id, errors.create(lineage, { name, message }));
    const own = (key: string, value: unknown): void => {
      Object.defineProperty(error, key, { value, enumerable: false, writable: true, configurable: true });
    };
    own("stack", stack);
    if (message !== undefined && error.message !== message) own("message", message);
    this.#define(error, hidden, false);
    this.#define(error, enumerable, true);
    if (error.name !== name && !Object.hasOwn(error, "name")) own("name", name);
    return error;
  }
}

/** The identity of a late or tagged container, still empty. Plain ones are already what they will be. */
function shellOf(wire: unknown): object {
  if (wire instanceof Tag) {
    switch (wire.tag) {
      case wireTag.object:
        return {};
      case wireTag.array:
        return [];
      case wireTag.map:
        return new Map();
      case wireTag.set:
        return new Set();
    }
  } else if (typeof wire === "object" && wire !== null && !(wire instanceof Uint8Array)) return wire;
  return corrupt("a container that is none");
}

/** The content of a tag that must be a list of at least `length` items. */
function listOf(tag: Tag, length: number): unknown[] {
  const content: unknown = tag.value;
  return Array.isArray(content) && content.length >= length ? content : corrupt(`the tag ${tag.tag} with too little in it`);
}

function textOf(wire: unknown): string {
  const text = scalarOf(wire);
  return typeof text === "string" ? text : corrupt("something else in place of a string");
}

/** A primitive from its wire form. */
function scalarOf(wire: unknown): unknown {
  if (typeof wire !== "object" || wire === null) return wire;
  if (wire instanceof Tag) {
    const content: unknown = wire.value;
    if (wire.tag === wireTag.negativeZero) return -0;
    if (wire.tag === wireTag.utf16 && content instanceof Uint8Array) return utf16Text(content);
    if (wire.tag === wireTag.bigint && Array.isArray(content)) return bigintOf(content[0] === true, content[1]);
  }
  return corrupt("something else in place of a primitive");
}

function bigintOf(negative: boolean, hexadecimal: unknown): bigint {
  if (typeof hexadecimal !== "string" || !/^[0-9a-f]+$/.test(hexadecimal)) corrupt("a bigint without digits");
  let magnitude: bigint;
  try {
    magnitude = BigInt(`0x${hexadecimal}`);
  } catch (cause) {
    throw new CorruptDataFault(`a bigint of ${hexadecimal.length} digits, more than this runtime takes`, { cause });
  }
  return negative ? -magnitude : magnitude;
}
