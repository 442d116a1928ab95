/** What is known of a travelled error when its class revives it. */
export interface ErrorParts {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: unknown;
  /** Its own enumerable properties. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface ErrorClassOptions<E extends Error> {
  /**
   * Makes the instance. Default: an Error of the class's prototype with all own properties restored, the constructor
   * not run. Needed where a class keeps private (#) state. Such an error cannot be part of a cycle.
   */
  revive?(parts: ErrorParts): E;
}

export type ErrorClass<E extends Error = Error> = abstract new (...args: never[]) => E;

interface Registration {
  readonly name: string;
  readonly errorClass: ErrorClass;
  readonly revive?: (parts: ErrorParts) => Error;
}

type StandardError = new (message?: string) => Error;

const standardNames: readonly string[] = [
  "Error",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
  "AggregateError",
  "SuppressedError",
  "DOMException",
];

const standardClasses: ReadonlyMap<string, StandardError> = new Map(
  standardNames.flatMap((name) => {
    const found = (globalThis as Record<string, unknown>)[name];
    return typeof found === "function" ? [[name, found as StandardError]] : [];
  }),
);

/** Lineages beyond these many links or classes are not kept whole; both bound what hostile bytes can cost. */
const maxLineage = 32;
const maxSynthesized = 1_000;
/** A class is made for this error alone, if its lineage has more than these many characters. */
const maxKeyLength = 1_000;

/**
 * The error classes that come back as themselves: the standard ones, and those registered. An instance of any other
 * class comes back as an instance of a class of the same name, made for it, that extends the nearest known one.
 *
 * A *lineage* is the names of an error's classes, from its own up to, not including, Error.
 */
export class ErrorRegistry {
  readonly #byName: Map<string, Registration> = new Map();
  readonly #byPrototype: Map<object, Registration> = new Map();
  readonly #synthesized: Map<string, ErrorClass> = new Map();

  /** Registers a class under a name that is the same at both ends. A later registration of the name replaces it. */
  register<E extends Error>(name: string, errorClass: ErrorClass<E>, options: ErrorClassOptions<E> = {}): void {
    const registration: Registration = { name, errorClass, ...options };
    this.#byName.set(name, registration);
    this.#byPrototype.set(errorClass.prototype, registration);
    this.#synthesized.clear();
  }

  lineageOf(error: object): string[] {
    const lineage: string[] = [];
    for (
      let link: object | null = Object.getPrototypeOf(error);
      link !== null && link !== Error.prototype && lineage.length < maxLineage;
      link = Object.getPrototypeOf(link)
    ) {
      const made: unknown = Object.getOwnPropertyDescriptor(link, "constructor")?.value;
      const name: unknown = this.#byPrototype.get(link)?.name ?? (typeof made === "function" ? made.name : undefined);
      if (typeof name !== "string" || name === "Error" || name === "Object") continue;
      lineage.push(name);
      if (standardClasses.get(name)?.prototype === link) break;
    }
    return lineage;
  }

  /** The reviver of a lineage's own class, if it has one. */
  reviver(lineage: readonly string[]): ((parts: ErrorParts) => Error) | undefined {
    return lineage.length === 0 ? undefined : this.#byName.get(lineage[0]!)?.revive;
  }

  /** An error of the lineage's class with nothing of its own but the message (none, if undefined). */
  create(lineage: readonly string[], init: { name: string; message: string | undefined }): Error {
    const standard = lineage.find((name) => standardClasses.has(name)) ?? this.#standardBase(lineage) ?? "Error";
    const error = instantiate(standard, init);
    const wanted = this.#classOf(lineage).prototype;
    if (Object.getPrototypeOf(error) !== wanted) Object.setPrototypeOf(error, wanted);
    return error;
  }

  /** A registered class may itself extend a standard one that the lineage, cut short, does not name. */
  #standardBase(lineage: readonly string[]): string | undefined {
    const registered = lineage.map((name) => this.#byName.get(name)).find((found) => found !== undefined);
    return registered && this.lineageOf(registered.errorClass.prototype).find((name) => standardClasses.has(name));
  }

  #classOf(lineage: readonly string[]): ErrorClass {
    for (let i = 0; i < lineage.length; i++) {
      const known = this.#byName.get(lineage[i]!)?.errorClass ?? standardClasses.get(lineage[i]!);
      if (known !== undefined) return i === 0 ? known : this.#synthesize(lineage, known);
    }
    return lineage.length === 0 ? Error : this.#synthesize(lineage, Error);
  }

  #synthesize(lineage: readonly string[], base: ErrorClass): ErrorClass {
    const name = lineage[0]!;
    const key = JSON.stringify(lineage);
    let made = this.#synthesized.get(key);
    if (made === undefined) {
      // A class in a computed property takes the property's name.
      made = { [name]: class extends (base as StandardError) {} }[name]!;
      if (key.length > maxKeyLength) return made;
      if (this.#synthesized.size >= maxSynthesized) this.#synthesized.clear();
      this.#synthesized.set(key, made);
    }
    return made;
  }
}

function instantiate(standard: string, init: { name: string; message: string | undefined }): Error {
  if (standard === "DOMException") return new DOMException(init.message, init.name) as Error;
  if (standard === "AggregateError") return new AggregateError([], init.message);
  const standardClass = standardClasses.get(standard) ?? Error;
  if (standard === "SuppressedError") return Reflect.construct(standardClass, [undefined, undefined, init.message]) as Error;
  return new standardClass(init.message);
}
