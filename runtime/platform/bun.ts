import { fileURLToPath } from "node:url";
import { commandOf, nodeEnvironment, nodeParts, spawnChild } from "./node_parts.ts";
import type { Platform } from "./platform.ts";

/** The little of Bun's namespace that is used; its types are not known to Deno's compiler. */
interface BunNamespace {
  version: string;
  gc(force: boolean): void;
}

const bun = (globalThis as unknown as { Bun: BunNamespace }).Bun;

export const bunPlatform: Platform = {
  ...nodeParts,
  name: "bun",
  version: bun.version,
  stopsBusyThreads: true,
  // What `bun test` sets unless its user has: its `expect(promise).rejects` waits inside the call.
  holdsSmallMessages: false,
  nestsEventLoop: nodeParts.env("NODE_ENV") === "test",
  commandOf: (file, runtime = "bun") => commandOf(file, runtime, runtime === "bun"),
  spawnChild: (module, options) => spawnChild([nodeParts.execPath, "run", fileURLToPath(module)], options),
  nodeEnvironment: (runtime = "bun") => nodeEnvironment(runtime),
  ownEnv: () => {},
  endWhenAsked: () => {},
  countsSharedMemory: true,
  collectGarbage: () => bun.gc(true),
  web: async () => (await import("./bun_web.ts")).bunWeb,
  bundle: async (request) => (await import("./bun_bundler.ts")).bundle(request),
};
