import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type CommandDef, defineCommand } from "citty";
import type { NodeOptions } from "../actors/driver/mod.ts";
import {
  closeSession,
  crashedHead,
  findToken,
  listSessions,
  makeSessionFolder,
  makeToken,
  readToken,
  startDetachedNode,
  TABLES,
  TEMP_DIR_VARIABLE,
  writeSession,
} from "../actors/sessions/mod.ts";
import { platform } from "../runtime/platform/mod.ts";
import { readStartPlan, type StartPlan, startFlags } from "./node_settings.ts";
import { readyText, type StartedNode } from "./ready_text.ts";

/** `mobula start`: a head, or a node that joins one. */
export const start: CommandDef = defineCommand({
  meta: { name: "start", description: "Start a head, or a node that joins one, on this machine" },
  args: startFlags,
  async run({ args }) {
    const plan = readStartPlan(args);
    if (plan.tempDir !== undefined) platform.setEnv(TEMP_DIR_VARIABLE, plan.tempDir);
    const { host = "127.0.0.1", port = 0, address } = plan.node;
    if (address === undefined && port !== 0) await assertFree(host, port);
    const ownTables = address === undefined && plan.node.storage === undefined;
    const crashed = ownTables ? crashedHead(port) : undefined;
    const folder = crashed ?? makeSessionFolder();
    const tables = ownTables ? { storage: `sqlite:${join(folder, TABLES)}`, tablesEnd: true } : {};
    const print = (node: StartedNode): void => platform.print("stdout", args.json ? JSON.stringify(node) : readyText(node));
    try {
      const options = { spillDirectory: folder, ...plan.node, ...tables, ...tokenOf(plan, folder) };
      return plan.block ? await stay(options, { folder, print }) : await detach(options, { folder, print });
    } catch (error) {
      // What a crashed head has left waits for a start that succeeds.
      if (crashed === undefined) closeSession(folder);
      throw error;
    }
  },
}) as CommandDef;

/** A head that crashed has left the token that its nodes know. */
function existingToken(folder: string): string | undefined {
  const file = join(folder, "token");
  return existsSync(file) ? file : undefined;
}

interface Start {
  readonly folder: string;
  print(node: StartedNode): void;
}

async function detach(options: NodeOptions, { folder, print }: Start): Promise<number> {
  const logFile = unused(join(folder, "node.log"));
  const node = await startDetachedNode(options, logFile);
  print({ ...record(options, { ...node, folder }), logFile });
  return 0;
}

/** The path, with a number where there is such a file: a head that crashed has left its log. */
function unused(path: string): string {
  for (let number = 1, at = path; ; at = path.replace(/(\.\w+)$/, `.${number++}$1`)) if (!existsSync(at)) return at;
}

/** Runs the node in this process. */
async function stay(options: NodeOptions, { folder, print }: Start): Promise<number> {
  const [{ runNode }, { endsAsAsked }] = await Promise.all([import("../actors/driver/mod.ts"), import("../runtime/contracts/mod.ts")]);
  const node = await runNode(options);
  platform.onInterrupt(async () => {
    await node.close();
    closeSession(folder);
  });
  print(record(options, { nodeId: node.nodeId, url: node.url, pid: platform.pid, folder }));
  const reason = await node.ended;
  platform.print("stderr", `mobula: this node has ended: ${reason}`);
  await node.close();
  if (!endsAsAsked(reason)) return 1;
  closeSession(folder);
  return 0;
}

/** Leaves word of the node for those who look for it. */
function record({ address, tokenFile }: NodeOptions, node: { nodeId: string; url: string; pid: number; folder: string }): StartedNode {
  const { nodeId, pid, url, folder } = node;
  const session = { nodeId, pid, address: address ?? url, head: address === undefined, tokenFile };
  writeSession(folder, session);
  return { ...session, url };
}

/** A flag counts first, then the environment; a head makes a token if there is none, and others look for a node of this machine. */
function tokenOf({ node: { address, tokenFile }, tokenByFlag }: StartPlan, folder: string): { token?: string; tokenFile?: string } {
  const found = tokenByFlag ? { tokenFile } : findToken(address);
  const known = found.token === undefined && found.tokenFile === undefined ? { tokenFile } : found;
  if (known.token !== undefined) return { token: known.token };
  if (known.tokenFile === undefined) return address === undefined ? { tokenFile: existingToken(folder) ?? makeToken(folder) } : {};
  readToken(known.tokenFile, address);
  return { tokenFile: known.tokenFile };
}

/** @throws Error that says who has the port */
async function assertFree(host: string, port: number): Promise<void> {
  const server = createServer();
  const problem = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once("error", resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  if (problem === undefined) return;
  if (problem.code !== "EADDRINUSE") throw new Error(`cannot listen at ${host}:${port}: ${problem.message}`);
  const ours = listSessions().find(({ session }) => session.head && new URL(session.address).port === String(port));
  const owner = ours === undefined ? "another program has it" : `the head ${ours.session.nodeId} (pid ${ours.session.pid}) has it`;
  const remedy = ours === undefined ? "" : "End that one with `mobula stop`, or ";
  throw new Error(
    `port ${port} of ${host} is taken: ${owner}. ${remedy}${remedy === "" ? "Take" : "take"} another with --port N, or --port 0 for any.`,
  );
}
