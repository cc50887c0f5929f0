import http from 'k6/http';

export default function () {
  for (const path of __ENV.PATHS.split(',')) {
    try {
      ask(path);
    } catch (thrown) {
      console.log(`${path}: thrown ${thrown}`);
    }
  }
}

function ask(path) {
  const answer = http.get(`http://${__ENV.UGLY}/${path}`, { timeout: 1500 });
  const { status, status_text, error, error_code, body, headers, timings, proto, cookies } = answer;
  const names = Object.keys(headers)
    .filter((name) => name !== 'Date')
    .sort()
    .map((name) => `${name}=${headers[name].slice(0, 20)}`);
  console.log(
    `${path}: ${JSON.stringify([status, status_text, error, error_code, body === null ? null : String(body).slice(0, 60), proto, names, Object.keys(cookies), timings.duration > 0, timings.receiving > 0])}`,
  );
}
