import { describe, expect, it } from 'vitest';
import { Account } from '../../conformance/soak/account.mjs';

/**
 * An account of one session, `s`, that wrote two messages on connection `c`; `events` are what
 * came, by sequence and action.
 */
function accountOf(events: readonly (readonly [number, string, string?])[], isClean = true): Account {
  const account = new Account();
  account.sessionStarted('s');
  for (const [sequence, action, message] of events) {
    account.event({ action, connection: 'c', message }, `0000-1-${sequence}`);
  }
  account.sessionEnded('s', 2, isClean);
  account.finish();
  return account;
}

const OPEN = [1, 'open'] as const;
const FIRST = [2, 'message', 's 1'] as const;
const SECOND = [3, 'message', 's 2'] as const;
const CLOSE = [4, 'close'] as const;

describe('the account of a soak', () => {
  it('is settled when all came, once or again', () => {
    const account = accountOf([OPEN, FIRST, OPEN, FIRST, SECOND, CLOSE]);
    expect(account.faults).toEqual([]);
    expect(account.totals).toMatchObject({ sessions: 1, written: 2, delivered: 2, repeated: 2, opened: 1, closed: 1 });
    expect(account.unsettled).toBe(0);
  });

  it('tells of an event that is missing', () => {
    expect(accountOf([OPEN, SECOND, CLOSE]).faults[0]).toContain('event 2 is missing');
  });

  it('tells of a message that was never made an event, unless the client was cut off', () => {
    const short = [OPEN, FIRST, [3, 'close']] as const;
    expect(accountOf(short).faults).toEqual(['session s wrote 2, 1 of them were lost']);
    expect(accountOf(short, false).faults).toEqual([]);
  });

  it('tells of messages in the wrong order', () => {
    expect(accountOf([OPEN, [2, 'message', 's 2'], [3, 'message', 's 1'], CLOSE]).faults[0]).toContain(
      'number 1 was due',
    );
  });

  it('tells of a message after the close, and of a close that never came', () => {
    expect(accountOf([OPEN, FIRST, [3, 'close'], [4, 'message', 's 2']]).faults[0]).toContain('which is not open');
    expect(accountOf([OPEN, FIRST, SECOND]).faults).toContain('1 connections have no close event');
  });
});
