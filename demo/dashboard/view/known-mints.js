// @ts-check
// Symbols and decimals of well-known mints. Any other mint is shown by its shortened address.
import { formatNumber, shorten } from "./number-format.js";

/** @type {Readonly<Record<string, readonly [symbol: string, decimals: number]>>} */
export const KNOWN_MINTS = {
  So11111111111111111111111111111111111111112: ["wSOL", 9],
  EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v: ["USDC", 6],
  Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB: ["USDT", 6],
  "2b1kV6DkPAnxd5ixfnxCpjxmKwqjjaYmCZfHsFu24GXo": ["PYUSD", 6],
  USDSwr9ApdHk5bvJKMjzff41FfuX8bSxdKcR81vTwcA: ["USDS", 6],
  HzwqbKZw8HxMN6bF2yFZNrht3c2iXXzpKcFu7uBEDKtr: ["EURC", 6],
  cbbtcf3aa214zXHbiAZQwf4122FBYbraNdFqgw4iMij: ["cbBTC", 8],
  "3NZ9JMVBmGAqocybic2c7LQCJScmgsAZ6vQqTDzcqmJh": ["WBTC", 8],
  "7vfCXTUXx5WJV5JADk17DUJ4ksgau7utNKj4b963voxs": ["WETH", 8],
  J1toso1uCk3RLmjorhTtrVwY9HJ7X8V9yYac6Y7kGCPn: ["jitoSOL", 9],
  mSoLzYCxHdYgdzU16g5QSh3i5K3z3KZK7ytfqcJm7So: ["mSOL", 9],
  bSo13r4TkiE4KumL71LsHTPpL2euBYLFx6h9HP3piy1: ["bSOL", 9],
  jupSoLaHXQiZZTSfEWMTRRgpnyFm8f6sZdosWBjx93v: ["jupSOL", 9],
  JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN: ["JUP", 6],
  DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263: ["BONK", 5],
};

/** Returns the symbol of a mint, or its shortened address. @param {string} mint */
export const symbolOf = (mint) => KNOWN_MINTS[mint]?.[0] ?? shorten(mint);

/**
 * Formats an amount in whole tokens, exact, without trailing zeros: `1,500.25`, `-0.5`.
 *
 * @param {bigint} amount in the smallest unit
 * @param {number} decimals
 */
export function formatUnits(amount, decimals) {
  const sign = amount < 0n ? "-" : "";
  const digits = `${amount < 0n ? -amount : amount}`.padStart(decimals + 1, "0");
  const fraction = decimals === 0 ? "" : digits.slice(-decimals).replace(/0+$/, "");
  const whole = formatNumber(BigInt(digits.slice(0, digits.length - decimals)));
  return `${sign}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** @param {bigint} amount in the smallest unit @param {import("../contract.d.ts").Token} token */
export const formatTokens = (amount, { mint, decimals }) => `${formatUnits(amount, decimals)} ${symbolOf(mint)}`;

/** Adds a plus sign to a positive number, and replaces the hyphen of a negative number by a minus sign (U+2212). @param {string} text a formatted number */
export const withSign = (text) => (text.startsWith("-") ? `−${text.slice(1)}` : `+${text}`);
