import { createDialTarget, type DialTarget } from './dial-target.js';
import { createDialTls } from './dial-tls.js';
import type { DialPlan } from './dial-plan.js';
import type { RuntimeOptions } from './read-network.js';
import { hostOverride } from './host-rules.js';

/** Assigns targets and source addresses to the virtual users of a built-in scenario. */
export class DialTargets {
  readonly #targets: readonly DialTarget[];
  readonly #localAddresses: readonly string[];

  /** Throws `tls.invalid` if the plan's certificates cannot be used. */
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
   * Returns the target of a virtual user; numbers start at 1. Targets are used in turn, and so are
   * the source addresses of each target.
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
