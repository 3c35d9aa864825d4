import { expect, test } from "vitest";
import { loadLitesvm } from "../../../../src/local/engine/litesvm/load-litesvm.js";
import { SimulatorError } from "../../../../src/protocol/simulator-error.js";

async function problemOf(load: () => Promise<unknown>): Promise<string> {
  const error = await loadLitesvm(load).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SimulatorError);
  const { code, message } = error as SimulatorError;
  expect(code).toBe("unsupported");
  expect(message).not.toContain("\n");
  expect(message).toContain('or use the engine "synthetic"');
  return message;
}

test("loadLitesvm states how to install litesvm if `import` or `require` cannot find it", async () => {
  for (const reason of [
    "Cannot find package 'litesvm' imported from /x/dist/local.js",
    "Cannot find module 'litesvm'\nRequire stack:",
  ]) {
    expect(await problemOf(() => Promise.reject(new Error(reason)))).toContain("npm install litesvm");
  }
  // Imports a missing package to get the error message of this version of Node.js.
  const missing = "litesvm-that-is-not-there";
  const real = await import(missing).catch((error: Error) => error.message.replace(missing, "litesvm"));
  expect(await problemOf(() => Promise.reject(new Error(real)))).toContain("npm install litesvm");
});

test("loadLitesvm names the platform if litesvm has no native build for the platform", async () => {
  const message = await problemOf(() => Promise.reject(new Error("Cannot find native binding. npm has a bug")));
  expect(message).toContain(`${process.platform}-${process.arch}`);
});

test("loadLitesvm reports an incompatible version of litesvm", async () => {
  for (const module of [
    {},
    { LiteSVM: class {}, Account: class {} },
    {
      LiteSVM: class {
        inner = { getAccount: 1 };
      },
      Account: class {},
    },
  ]) {
    expect(await problemOf(() => Promise.resolve(module))).toContain("litesvm@1.5");
  }
});

test("loadLitesvm accepts the installed version of litesvm", async () => {
  const { createVm, createAccount } = await loadLitesvm();
  const vm = createVm();
  vm.setAccount(new Uint8Array(32).fill(1), createAccount(5n, Uint8Array.of(1, 2), new Uint8Array(32), false));
  expect(vm.getAccount(new Uint8Array(32).fill(1))!.data()).toEqual(Uint8Array.of(1, 2));
});
