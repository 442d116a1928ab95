#!/usr/bin/env bun
/** The command `mobula`. */
import { platform } from "../runtime/platform/mod.ts";
import { runCommandLine } from "./command_line.ts";

platform.exit(await runCommandLine(platform.args));
