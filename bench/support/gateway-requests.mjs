/** Gives every connection of a gateway the tags, over its internal API. */
export async function setTags(port, form) {
  const response = await fetch(`http://127.0.0.1:${port}/settags?all=true`, { method: 'POST', body: form });
  if (!response.ok) throw new Error(`/settags answered ${response.status}: ${await response.text()}`);
}

/** The ids of all connections. */
export async function readIds(port) {
  const response = await fetch(`http://127.0.0.1:${port}/status`);
  const text = await response.text();
  return text.match(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g) ?? [];
}

/** Queries that name all ids, each in another order: no two in a row are alike, and there are more than a cache would keep. */
export function distinctQueries({ ids }) {
  return Array.from({ length: 400 }, (_, turn) => {
    const at = (turn * 7 + 1) % ids.length;
    return `id=${[...ids.slice(at), ...ids.slice(0, at)].join(',')}&turn=${turn}`;
  });
}
