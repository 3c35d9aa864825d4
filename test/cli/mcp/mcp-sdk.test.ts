import { describe, expect, it } from "vitest";
import { loadMcpSdk } from "../../../src/cli/mcp/mcp-sdk.js";

describe("loadMcpSdk", () => {
  it("loadMcpSdk names the package to install if the SDK is missing", async () => {
    const load = () => Promise.reject(new Error("Cannot find package"));
    await expect(loadMcpSdk(load)).rejects.toMatchObject({
      name: "UsageError",
      message: "mcp needs one more package: npm install @modelcontextprotocol/sdk@1",
    });
  });

  it("loadMcpSdk refuses a version of the SDK with another interface", async () => {
    await expect(loadMcpSdk(async () => ({}))).rejects.toThrow("this version of @modelcontextprotocol/sdk is not supported");
  });
});
