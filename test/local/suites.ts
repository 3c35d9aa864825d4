import { describe } from "vitest";
import { attachSuite } from "./attach.suite.js";
import { authSuite } from "./auth.suite.js";
import { faultsSuite } from "./faults.suite.js";
import { hostileInputSuite } from "./hostile-input.suite.js";
import { httpSuite } from "./http.suite.js";
import { kindsSuite } from "./kinds.suite.js";
import { lifecycleSuite } from "./lifecycle.suite.js";
import { parallelSuite } from "./parallel.suite.js";
import { plansSuite } from "./plans.suite.js";
import { rpcSuite } from "./rpc.suite.js";
import { rpcConfigsSuite } from "./rpc-configs.suite.js";
import { serviceSuite } from "./service.suite.js";
import { subscriptionsSuite } from "./subscriptions.suite.js";
import type { StartSimulator } from "./wire-client.js";

/** Runs all suites of the simulator. The simulator in the page and the simulator on a port have to pass the same suites. */
export function describeSimulator(start: StartSimulator): void {
  describe("sessions", () => lifecycleSuite(start));
  describe("attach", () => attachSuite(start));
  describe("parallel runs", () => parallelSuite(start));
  describe("subscriptions", () => subscriptionsSuite(start));
  describe("kinds of subscription", () => kindsSuite(start));
  describe("options of a create request", () => plansSuite(start));
  describe("HTTP", () => httpSuite(start));
  describe("a session's RPC", () => rpcSuite(start));
  describe("parameters of a session's RPC", () => rpcConfigsSuite(start));
  describe("the service", () => serviceSuite(start));
  describe("auth", () => authSuite(start));
  describe("hostile input", () => hostileInputSuite(start));
  describe("faults", () => faultsSuite(start));
}
