/** The names that a function may use without declaring them, because every worker has them. */

const STANDARD =
  "undefined NaN Infinity globalThis self Object Function Array Number parseFloat parseInt Boolean String Symbol Date Promise RegExp " +
  "Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError SuppressedError JSON Math Intl Atomics Reflect " +
  "ArrayBuffer SharedArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array " +
  "BigInt64Array BigUint64Array Float16Array Float32Array Float64Array BigInt Map Set WeakMap WeakSet WeakRef FinalizationRegistry " +
  "Proxy Iterator AsyncIterator DisposableStack AsyncDisposableStack Temporal WebAssembly decodeURI decodeURIComponent encodeURI " +
  "encodeURIComponent escape unescape eval isFinite isNaN console performance crypto Crypto CryptoKey SubtleCrypto navigator " +
  "setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate queueMicrotask structuredClone reportError fetch " +
  "Request Response Headers FormData File Blob URL URLSearchParams URLPattern AbortController AbortSignal Event EventTarget " +
  "CustomEvent MessageEvent ErrorEvent CloseEvent ProgressEvent DOMException TextEncoder TextDecoder TextEncoderStream " +
  "TextDecoderStream ReadableStream ReadableStreamDefaultReader ReadableStreamBYOBReader WritableStream WritableStreamDefaultWriter " +
  "TransformStream CompressionStream DecompressionStream ByteLengthQueuingStrategy CountQueuingStrategy MessageChannel MessagePort " +
  "BroadcastChannel WebSocket EventSource Worker btoa atob postMessage addEventListener removeEventListener dispatchEvent close " +
  "PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver process Buffer global Bun Deno";

/**
 * Standard names and what this realm had when the room was loaded. What a program puts on `globalThis`
 * later is not in a worker, so it does not count.
 */
const known: ReadonlySet<string> = (() => {
  const names = new Set(STANDARD.split(" "));
  for (let object: object | null = globalThis; object !== null; object = Object.getPrototypeOf(object)) {
    for (const name of Object.getOwnPropertyNames(object)) names.add(name);
  }
  return names;
})();

/** True when every worker knows `name` without a declaration. */
export function isGlobalName(name: string): boolean {
  return known.has(name);
}
