import { request as requestHttp } from 'node:http';
import { request as requestTls } from 'node:https';

/** The answer of a gateway's internal API as text; over TLS with whatever certificate it shows. */
function ask(port, path, { method = 'GET', body = '', isTls = false } = {}) {
  const request = isTls ? requestTls : requestHttp;
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const options = { port, path, method, headers, host: '127.0.0.1', agent: false, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.on('end', () => {
        if (response.statusCode < 300) resolve(text);
        else reject(new Error(`${path} answered ${response.statusCode}: ${text}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/**
 * Gives every connection of a gateway the tags, or those that `query` selects, over its internal
 * API.
 */
export async function setTags(port, form, { query = 'all=true', isTls } = {}) {
  await ask(port, `/settags?${query}`, { method: 'POST', body: form, isTls });
}

/** The ids of all connections. */
export async function readIds(port, { isTls } = {}) {
  const text = await ask(port, '/status', { isTls });
  return text.match(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g) ?? [];
}

/**
 * Queries that name all ids, each in another order: no two in a row are alike, and there are more
 * than a cache would keep.
 */
export function distinctQueries({ ids }) {
  return Array.from({ length: 400 }, (_, turn) => {
    const at = (turn * 7 + 1) % ids.length;
    return `id=${[...ids.slice(at), ...ids.slice(0, at)].join(',')}&turn=${turn}`;
  });
}
