/** What `remote()` gives: remote functions, actor classes, handles, and how they travel. */
export { ActorHandle } from "./actor_handle.ts";
export { coreOf, type RemoteWire } from "./definable.ts";
export { asFunctionNotFound, Definitions } from "./definitions.ts";
export { ObjectRefGenerator } from "./object_ref_generator.ts";
export { remote } from "./remote.ts";
export { deregisterSerializer, registerSerializer } from "./serializers.ts";
export { faceOf, type Revive, registerOwnTravel } from "./travel.ts";
