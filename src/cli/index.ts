#!/usr/bin/env node
import { processIo } from "./io.js";
import { runProgram } from "./program.js";

// The process ends by itself, when nothing is open any more and all output has left.
void runProgram(process.argv.slice(2), processIo(process)).then((code) => {
  process.exitCode = code;
});
