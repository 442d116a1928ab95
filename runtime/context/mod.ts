/** Which call the running code belongs to. */
export { type CallContext, currentCall, isShadowRun, markWorkerRealm, runInCall } from "./call_context.ts";
