/** The soft limit on open files of this process; 0 where the system does not tell. */
export function openFileLimit(): number {
  const report: unknown = process.report.getReport();
  const limits = field(report, 'userLimits');
  const soft = field(field(limits, 'open_files'), 'soft');
  if (soft === 'unlimited') return Number.MAX_SAFE_INTEGER;
  return Number(soft ?? 0) || 0;
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}
