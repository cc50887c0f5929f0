/**
 * Script of the page: draws seconds received as Server-Sent Events, and keeps them when the
 * connection ends.
 */
export const DASHBOARD_SCRIPT = String.raw`'use strict';
(() => {
  const COLOURS = ['#2a6fdb', '#d9822b', '#c23030', '#7a5bb5'];
  const byId = (id) => document.getElementById(id);
  let charts = new Map();
  let times = [];

  function clear() {
    for (const { plot } of charts.values()) plot.destroy();
    charts = new Map();
    times = [];
    byId('charts').replaceChildren();
  }

  function widthOf(element) {
    return Math.max(240, element.clientWidth);
  }

  function sectionOf(group) {
    const known = document.querySelector('section[data-group="' + group + '"]');
    if (known) return known;
    const section = document.createElement('section');
    section.dataset.group = group;
    const title = document.createElement('h2');
    title.textContent = group;
    section.append(title);
    byId('charts').append(section);
    return section;
  }

  function chartOf({ group, title, lines }) {
    const known = charts.get(title);
    if (known) return known;
    const element = document.createElement('div');
    element.className = 'chart';
    element.dataset.title = title;
    sectionOf(group).append(element);
    const names = Object.keys(lines);
    const series = names.map((label, at) => ({ label, stroke: COLOURS[at % COLOURS.length], width: 1.5 }));
    const columns = names.map(() => times.map(() => null));
    const plot = new uPlot({
      title,
      width: widthOf(element),
      height: 180,
      scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(high, 1e-9) * 1.05] } },
      series: [{ label: 's' }, ...series],
      axes: [{}, { size: 70 }],
      cursor: { sync: { key: 'run' } },
    }, [times, ...columns], element);
    const chart = { plot, element, names, columns };
    charts.set(title, chart);
    return chart;
  }

  function take(second) {
    if (second.charts.length > 0) {
      for (const chart of second.charts) chartOf(chart);
      times.push(second.seconds);
      const given = new Map(second.charts.map((chart) => [chart.title, chart.lines]));
      for (const [title, { names, columns }] of charts) {
        names.forEach((name, at) => columns[at].push(given.get(title)?.[name] ?? null));
      }
    }
    byId('verdict').textContent = second.health.verdict;
    byId('verdict').className = second.health.verdict;
    byId('health').textContent = second.health.text;
    byId('checks').textContent = second.checks;
    byId('thresholds').replaceChildren(...second.thresholds.map(({ text, ok }) => {
      const item = document.createElement('li');
      item.className = ok ? 'ok' : 'crossed';
      item.textContent = (ok ? '✓ ' : '✗ ') + text;
      return item;
    }));
    byId('state').textContent = second.end ? 'ended: ' + second.end : 'running, ' + Math.round(second.seconds) + ' s';
  }

  function draw() {
    for (const { plot, columns } of charts.values()) plot.setData([times, ...columns]);
  }

  let isOver = false;
  const events = new EventSource('events');
  events.addEventListener('history', ({ data }) => {
    clear();
    for (const second of JSON.parse(data)) take(second);
    draw();
  });
  events.addEventListener('second', ({ data }) => {
    const second = JSON.parse(data);
    take(second);
    draw();
    if (second.end) {
      isOver = true;
      events.close();
    }
  });
  events.addEventListener('error', () => {
    if (!isOver) byId('state').textContent = 'connection to wsg lost';
  });
  addEventListener('resize', () => {
    for (const { plot, element } of charts.values()) plot.setSize({ width: widthOf(element), height: 180 });
  });
})();
`;
