import { describe } from "vitest";
import { overSockets } from "./node-front.js";
import { describeSimulator } from "./suites.js";

describe("the simulator over sockets", () => describeSimulator(overSockets));
