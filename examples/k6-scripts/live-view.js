// A Phoenix LiveView page: fetches it over HTTP, reads its tokens from the HTML, joins over a WebSocket, and clicks.
import http from 'k6/http';
import ws from 'k6/ws';
import { check } from 'k6';
import { parseHTML } from 'k6/html';
import { Counter, Trend } from 'k6/metrics';

const clicks = new Counter('live_clicks');
const toJoined = new Trend('live_joined', true);

export const options = {
  vus: 2,
  iterations: 4,
  thresholds: { live_clicks: ['count==12'], checks: ['rate==1'] },
};

const PAGE = __ENV.LIVE_URL || 'http://127.0.0.1:5000/counter';
const CLICKS = 3;

/** Reads the live view of the page: its id, and the tokens that the server requires. */
function readPage(response) {
  const page = parseHTML(response.body);
  const view = page.find('[data-phx-main]').first();
  return {
    csrf: page.find('meta[name="csrf-token"]').attr('content'),
    topic: `lv:${view.attr('id')}`,
    session: view.attr('data-phx-session'),
    fixed: view.attr('data-phx-static'),
  };
}

/** Messages of Phoenix channels, version 2: [join reference, reference, topic, event, payload]. */
function channel(socket, topic) {
  let reference = 0;
  return (event, payload, on = topic) => {
    reference += 1;
    socket.send(JSON.stringify([on === topic ? '1' : null, String(reference), on, event, payload]));
  };
}

export default function () {
  const response = http.get(PAGE);
  check(response, { 'page is there': ({ status }) => status === 200 });
  const { csrf, topic, session, fixed } = readPage(response);
  check(session, { 'has a session': (token) => token !== undefined && token !== '' });

  const url = PAGE.replace(/^http/, 'ws').replace(/(\/\/[^/]*).*/, '$1/live/websocket');
  const query = `_csrf_token=${encodeURIComponent(csrf)}&_mounts=0&vsn=2.0.0`;
  const answer = ws.connect(`${url}?${query}`, { tags: { name: 'live view' } }, (socket) => {
    const push = channel(socket, topic);
    const begunAt = Date.now();
    let clicked = 0;
    const click = () => push('event', { type: 'click', event: 'increment', value: {} });

    socket.on('open', () => push('phx_join', { url: PAGE, params: { _csrf_token: csrf }, session, static: fixed }));
    socket.setInterval(() => push('heartbeat', {}, 'phoenix'), 25000);
    socket.setTimeout(() => socket.close(4000), 10000);
    socket.on('message', (text) => {
      const [, , on, event, payload] = JSON.parse(text);
      if (on !== topic || event !== 'phx_reply') return;
      if (payload.response.rendered) {
        toJoined.add(Date.now() - begunAt);
        check(payload, { joined: ({ status }) => status === 'ok' });
        click();
        return;
      }
      clicked += 1;
      clicks.add(1);
      check(payload.response.diff, { 'counts the clicks': (diff) => diff['0'] === String(clicked) });
      if (clicked < CLICKS) click();
      else socket.close();
    });
  });
  check(answer, { connected: ({ status }) => status === 101 });
}
