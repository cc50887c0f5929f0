import type { TransportName } from '../transport/transport.js';

/**
 * What one idle connection takes, in kB: the kernel's part by bench/socket-memory, ours by bench/idle-connections (one tag of its
 * own, the dearest row). A test holds them to what bench/results says.
 */
export const KERNEL_KB = 3;
export const GATEWAY_KB: Readonly<Record<TransportName, number>> = { uws: 1.3, ws: 4.2 };
