/** MD4 (RFC 1320), which OpenSSL 3 has no more, and `k6/crypto` still has. For compatibility, never for security. */
export function md4(input: Uint8Array): Buffer {
  const blocks = padded(input);
  const state: State = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let offset = 0; offset < blocks.length; offset += 64) addBlock(state, blocks.subarray(offset, offset + 64));
  const digest = Buffer.alloc(16);
  state.forEach((word, index) => digest.writeUInt32LE(word >>> 0, index * 4));
  return digest;
}

type State = [number, number, number, number];

const ROUNDS = [
  { mix: (x: number, y: number, z: number) => (x & y) | (~x & z), add: 0, shifts: [3, 7, 11, 19], step: 1, jump: 4 },
  {
    mix: (x: number, y: number, z: number) => (x & y) | (x & z) | (y & z),
    add: 0x5a827999,
    shifts: [3, 5, 9, 13],
    step: 4,
    jump: 1,
  },
  { mix: (x: number, y: number, z: number) => x ^ y ^ z, add: 0x6ed9eba1, shifts: [3, 9, 11, 15], step: 0, jump: 0 },
] as const;
const THIRD_ORDER = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15];

function addBlock(state: State, block: Buffer): void {
  let [a, b, c, d] = state;
  for (const { mix, add, shifts, step, jump } of ROUNDS) {
    for (let index = 0; index < 16; index += 1) {
      const inOrder = (index % 4) * step + Math.floor(index / 4) * jump;
      const word = block.readUInt32LE(4 * (step === 0 ? (THIRD_ORDER[index] ?? 0) : inOrder));
      const sum = (a + mix(b, c, d) + word + add) | 0;
      const shift = shifts[index % 4] ?? 0;
      [a, b, c, d] = [d, (sum << shift) | (sum >>> (32 - shift)), b, c];
    }
  }
  state[0] = (state[0] + a) | 0;
  state[1] = (state[1] + b) | 0;
  state[2] = (state[2] + c) | 0;
  state[3] = (state[3] + d) | 0;
}

function padded(input: Uint8Array): Buffer {
  const length = Math.ceil((input.length + 9) / 64) * 64;
  const blocks = Buffer.alloc(length);
  blocks.set(input);
  blocks[input.length] = 0x80;
  blocks.writeBigUInt64LE(BigInt(input.length) * 8n, length - 8);
  return blocks;
}
