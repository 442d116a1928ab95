/** Built-in classes whose instances lose nothing as plain objects, or which are handled before anyone asks here. */
const carried: ReadonlySet<string> = new Set([
  "Object",
  "Array",
  "Map",
  "Set",
  "Date",
  "RegExp",
  "Boolean",
  "Number",
  "String",
  "BigInt",
  "Error",
  "DOMException",
]);

const mends: Readonly<Record<string, string>> = {
  AbortController: "pass the wish to cancel by cancelling the task instead",
  AbortSignal: "pass the wish to cancel by cancelling the task instead",
  Blob: "pass its bytes (await blob.arrayBuffer()) instead",
  File: "pass its bytes (await file.arrayBuffer()) instead",
  Headers: "pass its entries ([...headers]) instead",
  FormData: "pass its entries ([...form]) instead",
  MessagePort: "use an actor to talk to it instead",
  Promise: "await it first, or pass an ObjectRef",
  ReadableStream: "pass its content, or an actor that reads it",
  Request: "pass its url, method and body instead",
  Response: "pass its body (await response.arrayBuffer()) instead",
  URL: "pass its href instead",
  URLSearchParams: "pass its string form instead",
};
const generalMend = "leave it out, or give its class a serializer";

const nativeSource: RegExp = /\{\s*\[native code\]\s*\}\s*$/;

/** Generators and the iterators of built-in collections, whose classes have no global name. */
const iteratorTag: RegExp = /^(?:Async)?Generator$| Iterator$|^Iterator Helper$/;

/** Refusals by prototype: walking the chain of each instance of a class would be waste. */
const known: WeakMap<object, string | null> = new WeakMap();

/** Why an object that no extension took cannot travel, and what to do; null if it can, as its own enumerable fields. */
export function refusalOf(value: object): string | null {
  if (typeof value === "function") {
    return "a function has no form outside its thread; pass a remote function, or move it into the module of the task";
  }
  const prototype: object = Object.getPrototypeOf(value);
  let refusal = known.get(prototype);
  if (refusal === undefined) {
    refusal = refusalOfChain(prototype);
    known.set(prototype, refusal);
  }
  return refusal ?? refusalOfInstance(value);
}

/** Refuses what inherits from a class of the platform: such objects live in internal slots, not in their fields. */
function refusalOfChain(prototype: object): string | null {
  for (let link: object | null = prototype; link !== null; link = Object.getPrototypeOf(link)) {
    // Own data properties only: a getter of the user's class would fail on a prototype.
    const tag: unknown = Object.getOwnPropertyDescriptor(link, Symbol.toStringTag)?.value;
    if (typeof tag === "string" && iteratorTag.test(tag)) return refuse(tag);
    const made: unknown = Object.getOwnPropertyDescriptor(link, "constructor")?.value;
    if (typeof made !== "function" || carried.has(made.name)) continue;
    // Not by its descriptor: Deno loads some of its classes at the first look.
    if (Reflect.get(globalThis, made.name) === made || nativeSource.test(Function.prototype.toString.call(made))) return refuse(made.name);
  }
  return null;
}

/** Refuses streams, sockets and servers, which are ordinary objects around a native handle. */
function refusalOfInstance(value: object): string | null {
  const { pipe, on, _handle: handle } = value as { pipe?: unknown; on?: unknown; _handle?: unknown };
  if (typeof on === "function" && (typeof pipe === "function" || handle !== undefined)) return refuse(value.constructor?.name || "stream");
  return null;
}

function refuse(name: string): string {
  const article = /^[AEIOU]/.test(name) ? "an" : "a";
  return `${article} ${name} belongs to the thread that made it; ${mends[name] ?? generalMend}`;
}
