import type { MetricRegistry, Reading } from './metric-registry.js';

/** Figures of one worker process. */
export interface WorkerState {
  readonly worker: string;
  readonly isUp: boolean;
  readonly cpuS: number;
  readonly rssBytes: number;
  readonly loopLagS: number;
  readonly connections: number;
}

/** Sources of the figures of workers. */
export interface WorkerMetricsDeps {
  /** Asks the workers for their figures. Called before figures are read. */
  readonly refresh: () => Promise<void>;
  readonly workers: () => readonly WorkerState[];
}

/** Adds figures of each worker process. */
export function addWorkerMetrics(metrics: MetricRegistry, { workers }: WorkerMetricsDeps): void {
  const label = 'worker';
  const read = (figure: (state: WorkerState) => number) => (): Reading =>
    workers().map((state) => [state.worker, figure(state)] as const);
  metrics.gauge(
    { name: 'wsg_worker_up', help: '1 while the worker is connected and answers', label },
    read(({ isUp }) => Number(isUp)),
  );
  metrics.gauge(
    { name: 'wsg_worker_connections', help: 'Open connections of the worker', label },
    read(({ connections }) => connections),
  );
  metrics.counter(
    { name: 'wsg_worker_cpu_seconds_total', help: 'User and system time of the worker process', label },
    read(({ cpuS }) => cpuS),
  );
  metrics.gauge(
    { name: 'wsg_worker_resident_memory_bytes', help: 'Memory of the worker process', label },
    read(({ rssBytes }) => rssBytes),
  );
  metrics.gauge(
    { name: 'wsg_worker_event_loop_lag_seconds', help: "How late the worker's last timer fired", label },
    read(({ loopLagS }) => loopLagS),
  );
}
