import process from "node:process";
import { type RemoteFunction, remote } from "../../mod.ts";

/** What a worker sees by every way that its runtime has. */
export const look: RemoteFunction<string[], (string | null)[]> = remote((...names: string[]) => {
  const deno = (globalThis as { Deno?: { env: { get(name: string): string | undefined } } }).Deno;
  const bun = (globalThis as { Bun?: { env: Record<string, string | undefined> } }).Bun;
  return names.map((name) => {
    const seen = process.env[name];
    const otherwise = deno === undefined ? bun?.env[name] : deno.env.get(name);
    return seen === otherwise ? (seen ?? null) : `${seen} or ${otherwise}`;
  });
});
