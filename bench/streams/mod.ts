/** Raw bytes over sockets of the runtime's own, for what Mobula's links are measured by. */
export { type Accepted, type Handlers, listen } from "./listen.ts";
export { type Order, RawStreams } from "./raw_streams.ts";
