import { encodeUtf8 } from "../codec/utf8.js";

export const SOL_MINT = "So11111111111111111111111111111111111111112";
export const USDC_MINT = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";
export const USDT_MINT = "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB";

interface KnownMint {
  readonly symbol: string;
  readonly decimals: number;
}

/** Mints that are worth one dollar. */
export const STABLES: ReadonlyMap<string, KnownMint> = new Map([
  [USDC_MINT, { symbol: "USDC", decimals: 6 }],
  [USDT_MINT, { symbol: "USDT", decimals: 6 }],
  ["2b1kV6DkPAnxd5ixfnxCpjxmKwqjjaYmCZfHsFu24GXo", { symbol: "PYUSD", decimals: 6 }],
  ["USDSwr9ApdHk5bvJKMjzff41FfuX8bSxdKcR81vTwcA", { symbol: "USDS", decimals: 6 }],
  ["DEkqHyPN7GMRJ5cArtQFAWefqbZb33Hyf6s5iCwjEonT", { symbol: "USDe", decimals: 9 }],
  ["9zNQRsGLjNKwCUU5Gq5LR8beUCPzQMVMqKAi3SSZh54u", { symbol: "FDUSD", decimals: 6 }],
  ["A1KLoBrKBde8Ty9qtNQUtq3C2ortoC3u7twggz7sEto6", { symbol: "USDY", decimals: 6 }],
  ["USD1ttGY1N17NEEHLmELoaybftRBUSErhqYiQzvEmuB", { symbol: "USD1", decimals: 6 }],
]);

/** Well-known mints. Their prices are derived from the trades of a session. */
export const PRICED_MAJORS: ReadonlyMap<string, KnownMint> = new Map([
  ["HzwqbKZw8HxMN6bF2yFZNrht3c2iXXzpKcFu7uBEDKtr", { symbol: "EURC", decimals: 6 }],
  ["cbbtcf3aa214zXHbiAZQwf4122FBYbraNdFqgw4iMij", { symbol: "cbBTC", decimals: 8 }],
  ["3NZ9JMVBmGAqocybic2c7LQCJScmgsAZ6vQqTDzcqmJh", { symbol: "WBTC", decimals: 8 }],
  ["7vfCXTUXx5WJV5JADk17DUJ4ksgau7utNKj4b963voxs", { symbol: "WETH", decimals: 8 }],
  ["J1toso1uCk3RLmjorhTtrVwY9HJ7X8V9yYac6Y7kGCPn", { symbol: "jitoSOL", decimals: 9 }],
  ["mSoLzYCxHdYgdzU16g5QSh3i5K3z3KZK7ytfqcJm7So", { symbol: "mSOL", decimals: 9 }],
  ["bSo13r4TkiE4KumL71LsHTPpL2euBYLFx6h9HP3piy1", { symbol: "bSOL", decimals: 9 }],
  ["jupSoLaHXQiZZTSfEWMTRRgpnyFm8f6sZdosWBjx93v", { symbol: "jupSOL", decimals: 9 }],
  ["5oVNBeEEQvYi1cX3ir8Dx5n1P7pdxydbGF2X4TxVusJm", { symbol: "INF", decimals: 9 }],
  ["BNso1VUJnh4zcfpZa6986Ea66P6TCp59hvtNJ8b1X85", { symbol: "bnSOL", decimals: 9 }],
]);

/** Whether a mint is SOL, a stablecoin or one of `PRICED_MAJORS`. */
export function isMajor(mint: string): boolean {
  return mint === SOL_MINT || STABLES.has(mint) || PRICED_MAJORS.has(mint);
}

/**
 * Returns the symbol of a well-known mint. For any other mint, returns the address. In an address of more than 12 bytes, `..`
 * replaces the middle.
 */
export function shortMint(mint: string): string {
  if (mint === SOL_MINT) return "SOL";
  const symbol = (STABLES.get(mint) ?? PRICED_MAJORS.get(mint))?.symbol;
  if (symbol !== undefined) return symbol;
  if (encodeUtf8(mint).length <= 12) return mint;
  const characters = [...mint];
  return `${takeBytes(characters, 6)}..${[...takeBytes(characters.reverse(), 4)].reverse().join("")}`;
}

/** Returns the first characters that fit into a number of UTF-8 bytes. */
function takeBytes(characters: readonly string[], bytes: number): string {
  let taken = "";
  let left = bytes;
  for (const character of characters) {
    left -= encodeUtf8(character).length;
    if (left < 0) break;
    taken += character;
  }
  return taken;
}
