/** Parts of a gateway with workers, apart from index.ts, so that a gateway without does not load them. */
export { SupervisorGateway } from './supervisor-gateway.js';
export { WorkerGateway } from './worker-gateway.js';
export { readToWorker } from './workers/worker-control.js';
export type { FromWorker, ToWorker, WorkerStart } from './workers/worker-control.js';
