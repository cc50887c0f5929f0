/** How long after a fault its nodes may still be missed: until all know them again. */
const AFTERMATH_MS = 8_000;

/** Nodes that a fault touched while a call was under way, or shortly before. */
export function touchedDuring(faults, { sentAtMs, answeredAtMs = Infinity }) {
  const touched = new Set();
  for (const { nodes, startMs, endMs } of faults) {
    if (startMs <= answeredAtMs && sentAtMs <= endMs + AFTERMATH_MS) for (const node of nodes) touched.add(node);
  }
  return touched;
}

/** Whether the node that was asked was itself killed, frozen or starting. */
export function stoppedDuring(faults, { node, sentAtMs, answeredAtMs = Infinity }) {
  return faults.some(
    ({ nodes, stopsNodes, startMs, endMs }) =>
      stopsNodes && nodes.includes(node) && startMs <= answeredAtMs && sentAtMs <= endMs,
  );
}
