/** The thread at the other end of the control rows. */
import { decodeBatch, encodeBatch } from "../../../net/mod.ts";
import { platform } from "../../../runtime/platform/mod.ts";
import type { EchoData } from "./echo.ts";
import { type Message, reply, replyEnvelope } from "./message.ts";

const { mode, port } = platform.threadData() as EchoData;
const replyFrame = reply();
port.onmessage =
  mode === "reply"
    ? () => port.postMessage(replyFrame)
    : ({ data }: MessageEvent<Message>) => {
        const replies = (decodeBatch(data[2]) as number[][]).map((envelope) => replyEnvelope(envelope[2] ?? 0));
        port.postMessage([data[1], data[0], encodeBatch(replies)] satisfies Message);
      };
port.postMessage("up");
