import { createDialTarget, type DialTarget } from './dial-target.js';
import { createDialTls } from './dial-tls.js';
import type { DialPlan } from './dial-plan.js';
import type { RuntimeOptions } from './read-network.js';
import { hostOverride } from './host-rules.js';

/** Where each virtual user of a built-in scenario connects, and from which address. */
export class DialTargets {
  readonly #targets: readonly DialTarget[];
  readonly #localAddresses: readonly string[];

  /** Throws `tls.invalid` when the plan's certificates cannot be used. */
  constructor(plan: DialPlan, runtime: RuntimeOptions) {
    const { headers, subprotocols, offersDeflate, tls } = plan;
    this.#localAddresses = runtime.localAddresses;
    this.#targets = plan.targets.map(({ normalised }) => {
      const dialTls = normalised.startsWith('wss:') ? createDialTls(tls) : undefined;
      return createDialTarget(normalised, {
        headers,
        subprotocols,
        offersDeflate,
        verifiesCertificate: tls.verifies,
        serverName: tls.serverName,
        tls: dialTls,
        ...hostOverride(new URL(normalised), runtime),
      });
    });
  }

  /**
   * Of the virtual user with this number, from 1: targets in turns, and of each target the source
   * addresses in turns.
   */
  of(vu: number): DialTarget {
    const targets = this.#targets;
    const localAddresses = this.#localAddresses;
    const target = targets[(vu - 1) % targets.length];
    if (target === undefined) throw new Error('a dial plan has a target');
    if (localAddresses.length === 0) return target;
    const turn = Math.floor((vu - 1) / targets.length);
    return { ...target, localAddress: localAddresses[turn % localAddresses.length] };
  }
}
