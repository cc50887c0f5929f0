import type { ClusterState } from '../cluster/cluster-bus.js';
import type { LostNodesState } from '../mirror/cluster-mirror.js';
import type { DurationCounts } from './duration-counts.js';
import type { MetricRegistry } from './metric-registry.js';

/** Sources of the figures of a cluster. */
export interface ClusterMetricsDeps {
  readonly state: () => ClusterState;
  /** Times from a beat to its return. */
  readonly echo: DurationCounts;
}

/** Adds figures of the calls between the nodes of a cluster. */
export function addClusterMetrics(metrics: MetricRegistry, { state, echo }: ClusterMetricsDeps): void {
  metrics.gauge({ name: 'wsg_cluster_engine_up', help: '1 while the engine of the cluster is connected' }, () =>
    Number(state().isUp),
  );
  metrics.gauge(
    { name: 'wsg_cluster_members', help: 'Nodes that are heard, this one included' },
    () => state().members,
  );
  metrics.gauge(
    { name: 'wsg_cluster_suspects', help: 'Nodes that missed a deadline and have not been heard since' },
    () => state().suspects,
  );
  metrics.counter(
    { name: 'wsg_cluster_calls_total', help: 'Calls of this node that went to other nodes' },
    () => state().calls,
  );
  metrics.counter(
    {
      name: 'wsg_cluster_foreign_calls_total',
      help: 'Calls of other nodes that arrived here, by what became of them',
      label: 'outcome',
    },
    () => {
      const { callsApplied, callsRepeated, callsLate, callsIgnored } = state();
      return [
        ['applied', callsApplied],
        ['repeated', callsRepeated],
        ['late', callsLate],
        ['ignored', callsIgnored],
      ];
    },
  );
  addLossMetrics(metrics, state);
  metrics.durations(
    { name: 'wsg_cluster_echo_seconds', help: 'Time from a beat of this node to its return from the engine' },
    echo,
  );
}

function addLossMetrics(metrics: MetricRegistry, state: ClusterMetricsDeps['state']): void {
  metrics.counter(
    { name: 'wsg_cluster_silent_total', help: 'Answers that were missing at the deadline, by node', label: 'node' },
    () => state().silent,
  );
  metrics.counter(
    {
      name: 'wsg_cluster_frames_lost_total',
      help: 'Frames that did not arrive, by the node that sent them',
      label: 'node',
    },
    () => state().framesLost,
  );
  metrics.counter(
    {
      name: 'wsg_cluster_messages_refused_total',
      help: 'Messages at the engine that were dropped because they are not authentic, by reason',
      label: 'reason',
    },
    () => state().messagesRefused,
  );
}

/** Adds figures of the connections of lost nodes. */
export function addLostNodes(metrics: MetricRegistry, state: () => LostNodesState): void {
  metrics.gauge(
    { name: 'wsg_cluster_claims', help: 'Lost nodes whose connections this node is closing' },
    () => state().claims,
  );
  metrics.counter(
    { name: 'wsg_cluster_node_lost_closes_total', help: 'Close events of this node for connections of lost nodes' },
    () => state().closes,
  );
  metrics.counter(
    {
      name: 'wsg_cluster_declared_dead_total',
      help: 'Connections closed because another node had declared this one dead',
    },
    () => state().declaredDead,
  );
  metrics.counter(
    {
      name: 'wsg_cluster_late_events_total',
      help: 'Events refused because another node had closed their connection, by all sinks together',
    },
    () => state().lateEvents,
  );
}
