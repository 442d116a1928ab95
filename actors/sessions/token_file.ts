import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AuthenticationError } from "../../runtime/errors/mod.ts";

export const TOKEN_VARIABLE = "MOBULA_TOKEN";
export const TOKEN_FILE_VARIABLE = "MOBULA_TOKEN_FILE";

const TOKEN_BYTES = 32;

/** Makes the token of a new cluster, in a file that its owner alone can read. Returns the file. */
export function makeToken(folder: string): string {
  const file = join(folder, "token");
  const token = Array.from(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  writeFileSync(file, `${token}\n`, { mode: 0o600, flag: "wx" });
  return file;
}

/** @throws AuthenticationError when it can't be read or has no token in it; the error never shows what is in it */
export function readToken(file: string, address?: string): string {
  const at = address === undefined ? {} : { address };
  let token: string;
  try {
    token = readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new AuthenticationError({ ...at, reason: `the token file ${file} cannot be read: ${(cause as Error).message}`, cause });
  }
  // As the gatekeeper wants it.
  if (!/^[0-9A-Za-z_-]{16,512}$/.test(token))
    throw new AuthenticationError({ ...at, reason: `the file ${file} does not hold a token of 16 to 512 letters and digits` });
  return token;
}
