/** The program of a node's own process: a head, or a node that joins one. */
import { type NodeOptions, runNode } from "../actors/driver/mod.ts";
import { NODE_VARIABLE, type ReadyLine } from "../actors/sessions/mod.ts";
import { endsAsAsked } from "../runtime/contracts/mod.ts";
import { MobulaError } from "../runtime/errors/mod.ts";
import { platform } from "../runtime/platform/mod.ts";

const options = platform.takeEnv(NODE_VARIABLE);
if (options === undefined) throw new Error(`${NODE_VARIABLE} is not set: Mobula starts this program by itself`);
const say = (line: ReadyLine): void => platform.print("stdout", JSON.stringify(line));
try {
  const node = await runNode(JSON.parse(options) as NodeOptions);
  platform.onInterrupt(() => node.close());
  say({ nodeId: node.nodeId, url: node.url, pid: platform.pid });
  const reason = await node.ended;
  platform.print("stderr", `mobula: this node has ended: ${reason}`);
  await node.close();
  platform.exit(endsAsAsked(reason) ? 0 : 1);
} catch (error) {
  const code = error instanceof MobulaError ? error.code : MobulaError.code;
  say({ error: error instanceof Error ? error.message : String(error), code });
  platform.exit(1);
}
