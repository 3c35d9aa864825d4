#!/usr/bin/env node
import { runProgram } from "./program.js";
import { processIo } from "./terminal/io.js";

// `process.exit` is not called, so that the process ends only after everything is closed and all output has been written.
void runProgram(process.argv.slice(2), processIo(process)).then((code) => {
  // A failed write to an output may already have set the exit code.
  process.exitCode ??= code;
});
