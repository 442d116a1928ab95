import workerpool from "workerpool";
import task from "./task.ts";

workerpool.worker({ task });
