import { expect, test } from "vitest";
import { childEnvironment } from "../../../../src/local/engine/vm-process/child-environment.js";

test.each([
  ["--inspect", undefined],
  ["--inspect-brk=127.0.0.1:9229 --max-old-space-size=100", "--max-old-space-size=100"],
  ["--inspect-port 9229 --require ./hook.cjs", "--require ./hook.cjs"],
  ["--debug-port=0 --inspect-publish-uid=http --enable-source-maps", "--enable-source-maps"],
  ["--require ./inspect.cjs", "--require ./inspect.cjs"],
  ["", undefined],
])("childEnvironment removes only the debugger options from the NODE_OPTIONS %j", (options, expected) => {
  expect(childEnvironment({ NODE_OPTIONS: options, PATH: "/bin" })).toEqual({
    PATH: "/bin",
    ...(expected !== undefined && { NODE_OPTIONS: expected }),
  });
});
