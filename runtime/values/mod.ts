/** Values as they are kept and sent. */

export { carryTravel } from "./carried_travel.ts";
export { decodeError } from "./decode_error.ts";
export { faultWire } from "./fault_wire.ts";
export { keptBytes } from "./kept_bytes.ts";
export { MissingModule, withModules } from "./missing_module.ts";
export {
  arrivedPayload,
  barePayload,
  bytesPayload,
  faultPayload,
  type Payload,
  PayloadKind,
  type PayloadWire,
  payloadFromWire,
  payloadToWire,
  sealedPayload,
} from "./payload.ts";
export { TravelTag } from "./travel_tag.ts";
export {
  contextOf,
  decodeValue,
  encodeValue,
  encodeWhole,
  isPrimitive,
  registerTravel,
  type TravelContext,
  valueCodec,
} from "./value_codec.ts";
