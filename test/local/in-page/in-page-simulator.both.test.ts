import { describe } from "vitest";
import { inPage } from "../in-page-front.js";
import { describeSimulator } from "../suites.js";

describe("the simulator in the page", () => describeSimulator(inPage));
