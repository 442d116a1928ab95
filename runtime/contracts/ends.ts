/** Why a node ends that was asked to. Every other reason is a failure. */
export const STOPPED = "the cluster was stopped";
export const DRAINED = "it was drained";

/** Whether a node that ends for this reason has done what it was asked to. */
export function endsAsAsked(reason: string): boolean {
  return reason === STOPPED || reason.startsWith(DRAINED);
}
