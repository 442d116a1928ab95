/** The program of a node's own process: a head, or a node that joins one. */
import { NODE_VARIABLE, type NodeOptions, type ReadyLine, runNode } from "../actors/driver/mod.ts";
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
  platform.exit(1);
} catch (error) {
  say({ error: error instanceof Error ? error.message : String(error) });
  platform.exit(1);
}
