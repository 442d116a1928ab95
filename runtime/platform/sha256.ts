import process from "node:process";

/**
 * The SHA-256 of a text, in hexadecimal digits. The runtime's library is loaded with the first use: it takes 5 ms (in
 * Deno 14), and most workers never define a function.
 */
export function sha256(text: string): string {
  crypto ??= process.getBuiltinModule("node:crypto");
  return crypto.createHash("sha256").update(text).digest("hex");
}

let crypto: typeof import("node:crypto") | undefined;
