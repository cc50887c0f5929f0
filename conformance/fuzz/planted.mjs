import { connect } from 'node:net';
import { goodHandshake } from './handshake-input.mjs';

/** Faults that the oracle must find, made on purpose in the middle of a run. */
const PLANTS = {
  /** The other client suffers. */
  witness: (campaign) => campaign.witness.kill(),
  /** A connection is never let go. */
  leak: (campaign) => connect(campaign.gateway.port, '127.0.0.1').write(goodHandshake(false)),
  /** The gateway dies. */
  crash: (campaign) => campaign.gateway.kill('SIGKILL'),
  /** A connection is closed twice. */
  'double-close': (campaign) => campaign.ledger.record('close', { connection: 'planted' }),
  /** An event is lost on its way. */
  'lost-close': (campaign) => campaign.ledger.record('open', { connection: 'planted' }),
};

export const PLANT_NAMES = Object.keys(PLANTS);

/** Makes the fault of that name; none when it is undefined. */
export async function plantBug(name, campaign) {
  if (name !== undefined) await PLANTS[name](campaign);
}
