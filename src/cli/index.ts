#!/usr/bin/env node
import { runProgram } from "./program.js";
import { processIo } from "./terminal/io.js";

// No `process.exit`: the process ends when nothing is open any more and all output is written.
void runProgram(process.argv.slice(2), processIo(process)).then((code) => {
  process.exitCode = code;
});
