/** Values as they are kept and sent. */
export {
  barePayload,
  bytesPayload,
  faultPayload,
  type Payload,
  payloadFromWire,
  PayloadKind,
  payloadToWire,
  type PayloadWire,
  sealedPayload,
} from "./payload.ts";
export { contextOf, decodeValue, encodeValue, isPrimitive, registerTravel, type TravelContext, valueCodec } from "./value_codec.ts";
export { MissingModule, withModules } from "./missing_module.ts";
