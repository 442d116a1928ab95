/** Where other processes connect to a node. */
export { Admissions } from "./admissions.ts";
export { ENDPOINT_LIMITS, type EndpointLimits } from "./limits.ts";
export { type Admitted, type EndpointNode, ProcessEndpoint, type ProcessEndpointOptions } from "./process_endpoint.ts";
