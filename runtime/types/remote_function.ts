import type { NumReturns, TaskCallOptions } from "../options/mod.ts";
import type { RemoteArgs } from "./object_ref.ts";
import type { Results } from "./results.ts";

/**
 * A function that runs elsewhere. It has no call signature on purpose: calling
 * it directly throws.
 *
 * Of a generic function the type parameters become `unknown`.
 */
export interface RemoteFunction<A extends readonly unknown[], R, N extends NumReturns | undefined = undefined> {
  /** Submits a call and returns at once. */
  remote(...args: RemoteArgs<A>): Results<R, N>;
  /** The same function with other options for its calls. */
  options<const M extends NumReturns | undefined = N>(options: TaskCallOptions & { readonly numReturns?: M }): RemoteFunction<A, R, M>;
}
