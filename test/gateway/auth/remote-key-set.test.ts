import { expect, it, onTestFinished, vi } from 'vitest';
import type { JwtConfig } from '../../../src/gateway/config/access-config.js';
import { JwtVerifier } from '../../../src/gateway/auth/jwt-verifier.js';
import { HttpBackend } from '../../support/http-backend.js';
import { ManualClock } from '../../support/manual-clock.js';
import { SigningKey } from '../../support/signed-token.js';

const DAY_MS = 86_400_000;
const COOL_DOWN_MS = 30_000;
const MAX_AGE_MS = 600_000;

async function setUp() {
  const backend = await HttpBackend.start();
  const clock = new ManualClock();
  const config: JwtConfig = {
    secret: undefined,
    secretFile: undefined,
    jwksUrl: backend.url,
    algorithms: [],
    issuer: undefined,
    audience: undefined,
    queryKey: undefined,
    subprotocolPrefix: undefined,
    claimsToTags: new Map(),
    clockToleranceS: 5,
  };
  const verifier = new JwtVerifier(config, clock);
  await verifier.start();
  const keys = await Promise.all(['one', 'two'].map((kid) => SigningKey.create('ES256', kid)));
  return {
    clock,
    backend,
    offer: (...places: readonly number[]) => backend.answer({ keys: places.map((place) => keys[place]?.publicJwk) }),
    verdictOn: async (place: number) => (await verifier.verify((await keys[place]?.sign({})) ?? '')).kind,
  };
}

/** Sets the wall clock back by a day, for us and for libraries. */
function setClockBack(clock: ManualClock): void {
  clock.setWall(-DAY_MS);
  const now = Date.now();
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => now - DAY_MS);
  onTestFinished(() => spy.mockRestore());
}

it('drops a withdrawn key after ten minutes, whatever the wall clock says', async () => {
  const { clock, offer, verdictOn } = await setUp();
  offer(0, 1);
  expect([await verdictOn(0), await verdictOn(1)]).toEqual(['valid', 'valid']);
  setClockBack(clock);
  offer(1);
  clock.advance(MAX_AGE_MS - 1);
  expect(await verdictOn(0)).toBe('valid');
  clock.advance(1);
  expect([await verdictOn(0), await verdictOn(1)]).toEqual(['refused', 'valid']);
});

it('accepts a new key after half a minute, whatever the wall clock says, and fetches no more often', async () => {
  const { clock, backend, offer, verdictOn } = await setUp();
  offer(0);
  expect(await verdictOn(0)).toBe('valid');
  setClockBack(clock);
  offer(0, 1);
  clock.advance(COOL_DOWN_MS - 1);
  expect([await verdictOn(1), await verdictOn(1)]).toEqual(['refused', 'refused']);
  expect(backend.requests).toHaveLength(1);
  clock.advance(1);
  expect([await verdictOn(1), await verdictOn(0)]).toEqual(['valid', 'valid']);
  expect(backend.requests).toHaveLength(2);
});

it('fetches the set once for concurrent callers', async () => {
  const { backend, offer, verdictOn } = await setUp();
  offer(0);
  expect(await Promise.all([verdictOn(0), verdictOn(0), verdictOn(0)])).toEqual(['valid', 'valid', 'valid']);
  expect(backend.requests).toHaveLength(1);
});
