import { constants } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { encodingProblem } from '../../../src/gateway/event/encodable.js';
import { encodeEventJson } from '../../../src/gateway/event/event-json.js';
import { testEvent } from '../../support/test-event.js';

describe('an event that cannot be encoded as JSON', () => {
  it('is a text whose escaping is longer than a string may be', () => {
    const message = Buffer.alloc(Math.ceil(constants.MAX_STRING_LENGTH / 6), 1);
    expect(encodingProblem({ ...testEvent(1), message })).toContain(`more than the ${constants.MAX_STRING_LENGTH}`);
  });

  it('is a binary message whose base64 is longer than a string may be', () => {
    const message = Buffer.alloc(Math.ceil((constants.MAX_STRING_LENGTH / 4) * 3));
    expect(encodingProblem({ ...testEvent(1), type: 'binary', message })).toContain('of a string');
  });

  it('is one whose encoding would exceed its share of the heap', () => {
    const message = Buffer.alloc(1024 * 1024, 'a');
    expect(encodingProblem({ ...testEvent(1), message }, 1e-6)).toContain('bytes of heap');
    expect(encodingProblem({ ...testEvent(1), message })).toBeUndefined();
  });

  it.each(['a', '\u0001', '\n', '"', '<', 'ä', '€', '😀', '\u2028', '\u007f'])(
    'is never longer than estimated: %j',
    (text) => {
      const message = Buffer.from(text.repeat(100_000));
      const event = { ...testEvent(1), message };
      const { length } = encodeEventJson(event);
      // With this share the text itself is the limit, and the problem contains the estimate.
      const estimate = /take (\d+) bytes/.exec(encodingProblem(event, 0) ?? '')?.[1];
      expect(Number(estimate)).toBeGreaterThanOrEqual(length * 3);
    },
  );
});
