/** What goes wrong in a simulated cluster, what drivers do meanwhile, and what has to hold all the same. */
export { drawPlan, type Fault, type FaultPlan, type PlannedFault } from "./fault_plan.ts";
export { functionsOf } from "./functions.ts";
export { Injector, type InjectorOptions } from "./injector.ts";
export { Ledger } from "./ledger.ts";
export { NodeCpus } from "./node_cpus.ts";
export { Verdicts, type VerdictsOptions } from "./verdicts.ts";
export { type Ending, Visitor, type VisitorOptions } from "./visitor.ts";
export { Workload, type WorkloadOptions } from "./workload.ts";
