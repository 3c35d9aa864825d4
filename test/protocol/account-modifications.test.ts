import { expect, test } from "vitest";
import { accountModifications } from "../../src/protocol/account-modifications.js";
import { findProblem } from "../../src/protocol/message.js";

const ADDRESS = "11111111111111111111111111111111";
const SHAPE = 'expected { data: { data, encoding: "base64" }, executable, lamports, owner, space }';

/** An account as `getAccountInfo` returns it. */
const uiAccount = { lamports: 5n, owner: ADDRESS, data: ["AQI=", "base64"], executable: false, rentEpoch: 0n };
const data = { data: "AQI=", encoding: "base64" };

test.each<[path: string, state: unknown]>([
  ["data.data", { ...uiAccount, space: 2n }],
  ["data", { ...uiAccount, data: "AQI=", space: 2n }],
  ["data.data", { ...uiAccount, data: new Uint8Array(2), space: 2n }],
  ["space", { ...uiAccount, data }],
])("the error for an account state with an invalid or missing %s shows the expected form", (path, state) => {
  const problem = findProblem(accountModifications, { [ADDRESS]: state });
  expect(problem).toBe(`${ADDRESS}.${path}: ${SHAPE}`);
});

test.each([null, 5, "AQI="])("the error for an account state that is %s shows the expected form", (state) => {
  expect(findProblem(accountModifications, { [ADDRESS]: state })).toBe(`${ADDRESS}: ${SHAPE}`);
});

test("an account state with the additional member `rentEpoch` is accepted", () => {
  expect(findProblem(accountModifications, { [ADDRESS]: { ...uiAccount, data, space: 2 } })).toBeUndefined();
});
