/** What a gateway with workers needs besides; apart from index.ts, so that one process does not load it. */
export { SupervisorGateway } from './supervisor-gateway.js';
export { WorkerGateway } from './worker-gateway.js';
export { readToWorker } from './workers/worker-control.js';
export type { FromWorker, ToWorker, WorkerStart } from './workers/worker-control.js';
