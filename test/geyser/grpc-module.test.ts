import * as installed from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { loadGrpc } from "../../src/geyser/grpc-module.js";
import type { GrpcModule } from "../../src/geyser/index.js";

describe("loadGrpc", () => {
  it("loadGrpc returns the installed package @grpc/grpc-js, and its types are assignable to GrpcModule", async () => {
    const module: GrpcModule = installed;
    expect((await loadGrpc()).Client).toBe(module.Client);
    expect((await loadGrpc(async () => ({ default: module }))).Client).toBe(module.Client);
  });

  it("the error of loadGrpc names the package to install if @grpc/grpc-js is missing or too old", async () => {
    const missing = loadGrpc(() => Promise.reject(new Error("Cannot find package")));
    await expect(missing).rejects.toMatchObject({ code: "unsupported", message: expect.stringContaining("install it") });
    await expect(loadGrpc(async () => ({}))).rejects.toThrow("install version 1.14 or later");
  });
});
