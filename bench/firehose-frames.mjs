import { randomBytes } from "node:crypto";

/** The `rentEpoch` of real accounts: 2^64 − 1, which a double cannot represent. */
const RENT_EPOCH = "18446744073709551615";
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const DIFFS_PER_SLOT = 20;
const OWNER = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

function base58(length) {
  let text = "";
  for (const byte of randomBytes(length)) text += ALPHABET[byte % 58];
  return text;
}

/** Returns the JSON of an account. */
function account(dataBytes, lamports) {
  const data = randomBytes(dataBytes).toString("base64");
  return `{"lamports":${lamports},"data":["${data}","base64"],"owner":"${OWNER}","executable":false,"rentEpoch":${RENT_EPOCH},"space":${dataBytes}}`;
}

/** Returns the text of an account diff notification of about `bytes` bytes. In every eighth notification, the lamports are above 2^53. */
export function accountDiffText(index, bytes, subscription) {
  const slot = 300_000_000 + Math.floor(index / DIFFS_PER_SLOT);
  const dataBytes = Math.floor(((bytes - 640) * 3) / 8);
  const lamports = index % 8 === 0 ? "9007199254740993" : String(1_000_000 + index);
  return (
    `{"jsonrpc":"2.0","method":"accountDiffNotification","params":{"result":{"context":{"slot":${slot}},` +
    `"account":"${base58(44)}","signature":"${base58(88)}","tx_index":${index % DIFFS_PER_SLOT},"block_time":1760000000,` +
    `"pre":${account(dataBytes, lamports)},"post":${account(dataBytes, String(BigInt(lamports) + 7n))}},"subscription":${subscription}}}`
  );
}

/** Returns an unmasked WebSocket frame, as a server sends it (RFC 6455, 5.2). */
export function frame(payload, opcode) {
  const { length } = payload;
  const header =
    length < 126
      ? Buffer.from([0x80 | opcode, length])
      : length < 65_536
        ? Buffer.from([0x80 | opcode, 126, length >> 8, length & 0xff])
        : Buffer.from([
            0x80 | opcode,
            127,
            0,
            0,
            0,
            0,
            (length >>> 24) & 0xff,
            (length >> 16) & 0xff,
            (length >> 8) & 0xff,
            length & 0xff,
          ]);
  return Buffer.concat([header, payload]);
}

/** Joins frames to chunks of about 256 KiB, so that the server makes few large writes. */
export function chunks(frames) {
  const out = [];
  let open = [];
  let size = 0;
  for (const next of frames) {
    open.push(next);
    size += next.length;
    if (size >= 262_144) {
      out.push(Buffer.concat(open));
      open = [];
      size = 0;
    }
  }
  if (open.length > 0) out.push(Buffer.concat(open));
  return out;
}
