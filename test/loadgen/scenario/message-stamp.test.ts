import { describe, expect, it } from 'vitest';
import { MessageWriter, PublishedStamps, readStamp, STAMP_BYTES } from '../../../src/loadgen/scenario/message-stamp.js';

/** The bytes with others around them, as they lie in a read buffer. */
function read(message: string | Buffer, isBinary: boolean) {
  const bytes = Buffer.concat([Buffer.from('0f0f'), Buffer.from(message), Buffer.from('abcd')]);
  return readStamp(bytes, 4, bytes.length - 4, isBinary);
}

describe('message stamps', () => {
  it('come back from text and from binary messages of the asked size, up to the largest numbers', () => {
    const writer = new MessageWriter(0xffff_fffe, 40);
    for (const id of [0, 1, 0x1234_abcd, 0xffff_ffff]) {
      expect(Buffer.byteLength(writer.text(id))).toBe(40);
      expect(writer.binary(id)).toHaveLength(40);
      expect(read(writer.text(id), false)).toEqual({ sender: 0xffff_fffe, id });
      expect(read(writer.binary(id), true)).toEqual({ sender: 0xffff_fffe, id });
    }
  });

  it('are not found in what is shorter, or no number', () => {
    const writer = new MessageWriter(3, 5);
    expect(writer.text(1)).toHaveLength(5);
    expect(writer.binary(1)).toHaveLength(5);
    expect(read(writer.text(1), false)).toBeUndefined();
    expect(read(writer.binary(1), true)).toBeUndefined();
    expect(read('0000000g00000001', false)).toBeUndefined();
    expect(read('000000010000000G', false)).toBeUndefined();
  });

  it('of published messages are found wherever a template put them', () => {
    const stamps = new PublishedStamps();
    for (const id of [0, 77, 0xffff_ffff]) {
      const text = stamps.format(id);
      expect(text).toHaveLength(STAMP_BYTES.published);
      const bytes = Buffer.from(`xx{"to":"all","data":"${text}"}yy`);
      expect(stamps.find(bytes, 2, bytes.length - 2)).toBe(id);
      expect(stamps.find(bytes, 2, bytes.indexOf(text) + text.length - 1)).toBe(-1);
      expect(stamps.find(Buffer.from(text.replace('wsg:', 'wsg:x')), 0, text.length)).toBe(-1);
    }
    expect(stamps.find(Buffer.from('routine message'), 0, 15)).toBe(-1);
  });

  it('of another publisher are not taken for own ones', () => {
    const foreign = Buffer.from(new PublishedStamps().format(7));
    expect(new PublishedStamps().find(foreign, 0, foreign.length)).toBe(-1);
  });
});
