/** Script of a page: draws the charts from the embedded JSON, each when it scrolls into view. */
export const PAGE_SCRIPT = String.raw`'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const host = document.getElementById('charts');
  const spoken = document.getElementById('spoken');
  const HEALTH = ['--good', '--doubt', '--bad'];
  const DASHES = [[], [6, 4], [2, 3]];
  const isComparison = data.runs.length > 1;
  const drawn = new Map();
  const overTime = new Set();
  let zoom = null;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const runColour = (run) => colour(isComparison && run === 0 ? '--base' : '--next');
  const widthOf = (element) => Math.max(240, element.clientWidth - 16);
  const percent = (nine) => {
    const digits = Math.max(0, Math.ceil(nine) - 2);
    return ((1 - 10 ** -nine) * 100).toFixed(Math.min(6, digits)) + '%';
  };
  const number = (value) => (value === null || value === undefined ? '-' : String(Number(value.toPrecision(4))));

  function axes(labelX) {
    const stroke = colour('--soft');
    const grid = { stroke: colour('--line'), width: 1 };
    return [{ stroke, grid, ticks: grid, values: labelX, size: 34 }, { stroke, grid, ticks: grid, size: 64 }];
  }

  /** The colour of a line stands for its run, the dashes for the line within the run. */
  function lineSeries(label, run, at) {
    return { label, stroke: runColour(run), width: 1.5, dash: DASHES[at % DASHES.length], spanGaps: false, value: (_, value) => number(value) };
  }

  function healthBand(plot) {
    const { ctx, bbox } = plot;
    data.runs.forEach(({ times, health }, run) => {
      const top = bbox.top + bbox.height - 4 * devicePixelRatio * (data.runs.length - run);
      for (let at = 0; at < times.length; at += 1) {
        const from = plot.valToPos(at === 0 ? 0 : times[at - 1], 'x', true);
        const to = plot.valToPos(times[at], 'x', true);
        const left = Math.max(bbox.left, from);
        const right = Math.min(bbox.left + bbox.width, to);
        if (right <= left) continue;
        ctx.fillStyle = colour(HEALTH[health[at] ?? 0]);
        ctx.fillRect(left, top, right - left, 3 * devicePixelRatio);
      }
    });
  }

  function follow(plot) {
    const { min, max } = plot.scales.x;
    const next = min === null ? null : [min, max];
    if (zoom !== null && next !== null && zoom[0] === next[0] && zoom[1] === next[1]) return;
    zoom = next;
    for (const other of overTime) if (other !== plot && zoom !== null) other.setScale('x', { min: zoom[0], max: zoom[1] });
  }

  /** Both runs' seconds on one axis. */
  function joined(lines) {
    return uPlot.join(lines.map(({ run, values }) => [data.runs[run].times, values]));
  }

  function drawTime(element, chart) {
    const perRun = new Map();
    const series = chart.lines.map(({ run, line }) => {
      const at = perRun.get(run) ?? 0;
      perRun.set(run, at + 1);
      return lineSeries(isComparison ? data.runs[run].label + ' ' + line : line, run, at);
    });
    const plot = new uPlot({
      title: chart.title, width: widthOf(element), height: 240,
      scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(high, 1e-9) * 1.08] } },
      axes: axes((_, seconds) => seconds.map((second) => second + ' s')),
      series: [{ label: 'second', value: (_, value) => number(value) }, ...series],
      cursor: { sync: { key: 'time' }, drag: { x: true, y: false } },
      hooks: { draw: [healthBand], setScale: [(u, key) => key === 'x' && follow(u)] },
    }, joined(chart.lines), element);
    overTime.add(plot);
    if (zoom !== null) plot.setScale('x', { min: zoom[0], max: zoom[1] });
    return plot;
  }

  function drawSpectrum(element, { series, runs }) {
    const known = runs.flatMap((points, run) => (points === null ? [] : [{ points, run }]));
    const longest = known.map(({ points }) => points.nines).reduce((a, b) => (a.length >= b.length ? a : b));
    const columns = known.map(({ points }) => longest.map((_, at) => points.ms[at] ?? null));
    return new uPlot({
      title: series + ' by percentile (ms)', width: widthOf(element), height: 240,
      scales: { x: { time: false }, y: { distr: 3 } },
      axes: axes((_, nines) => nines.map((nine) => (Number.isInteger(nine) ? percent(nine) : ''))),
      series: [{ label: 'percentile', value: (_, value) => (value === null ? '-' : percent(value)) },
        ...known.map(({ run }) => lineSeries(data.runs[run].label, run, 0))],
    }, [longest, ...columns], element);
  }

  function drawShift(element, { series, quantiles, change, low, high }) {
    const asPercent = (values) => values.map((value) => (value === null ? null : value * 100));
    const ink = colour('--next');
    return new uPlot({
      title: series + ': change by percentile (%), with interval', width: widthOf(element), height: 240,
      scales: { x: { time: false }, y: { range: (_, a, b) => [Math.min(0, a) - 2, Math.max(0, b) + 2] } },
      axes: axes((_, nines) => nines.map((nine) => (Number.isInteger(nine) ? percent(nine) : ''))),
      series: [{ label: 'percentile', value: (_, value) => (value === null ? '-' : percent(value)) },
        { label: 'low', stroke: ink, width: 0.5, value: (_, value) => number(value) },
        { label: 'change', stroke: ink, width: 2, points: { show: true, size: 6 }, value: (_, value) => number(value) },
        { label: 'high', stroke: ink, width: 0.5, value: (_, value) => number(value) }],
      bands: [{ series: [3, 1], fill: ink + '33' }],
      hooks: { draw: [(u) => {
        const zero = u.valToPos(0, 'y', true);
        u.ctx.strokeStyle = colour('--soft');
        u.ctx.beginPath();
        u.ctx.moveTo(u.bbox.left, zero);
        u.ctx.lineTo(u.bbox.left + u.bbox.width, zero);
        u.ctx.stroke();
      }] },
    }, [quantiles.map((q) => -Math.log10(1 - q)), asPercent(low), asPercent(change), asPercent(high)], element);
  }

  function speak(plot, title) {
    const at = plot.cursor.idx;
    if (at === null || at === undefined) return;
    const told = plot.series.map((one, index) => one.label + ' ' + (index === 0 ? one.value(plot, plot.data[0][at]) : number(plot.data[index][at])));
    spoken.textContent = title + ': ' + told.join(', ');
  }

  function zoomBy(plot, factor) {
    const { min, max } = plot.scales.x;
    const middle = plot.cursor.idx === null || plot.cursor.idx === undefined ? (min + max) / 2 : plot.data[0][plot.cursor.idx];
    plot.setScale('x', { min: Math.max(plot.data[0][0], middle - (middle - min) * factor), max: Math.min(plot.data[0].at(-1), middle + (max - middle) * factor) });
  }

  function showAll(plot) {
    plot.setScale('x', { min: plot.data[0][0], max: plot.data[0].at(-1) });
  }

  function press(event, plot, title) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step !== undefined) {
      const last = plot.data[0].length - 1;
      const at = Math.max(0, Math.min(last, (plot.cursor.idx ?? (step > 0 ? -1 : last + 1)) + step));
      plot.setCursor({ left: plot.valToPos(plot.data[0][at], 'x'), top: plot.bbox.height / devicePixelRatio / 2 });
      speak(plot, title);
    } else if (event.key === '+' || event.key === '=') zoomBy(plot, 0.5);
    else if (event.key === '-') zoomBy(plot, 2);
    else if (event.key === '0' || event.key === 'Escape') showAll(plot);
    else return;
    event.preventDefault();
  }

  const waiting = new Map();
  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) drawNow(target);
  }, { rootMargin: '400px' });

  function drawNow(element) {
    const draw = waiting.get(element);
    if (draw === undefined || drawn.has(element)) return;
    drawn.set(element, draw(element));
  }

  function add(title, draw) {
    const element = document.createElement('div');
    element.className = 'chart';
    element.tabIndex = 0;
    element.dataset.title = title;
    element.setAttribute('role', 'img');
    element.setAttribute('aria-label', title);
    element.addEventListener('focus', () => drawNow(element));
    element.addEventListener('keydown', (event) => {
      const plot = drawn.get(element);
      if (plot !== undefined) press(event, plot, title);
    });
    host.append(element);
    waiting.set(element, draw);
    sight.observe(element);
  }

  function heading(text) {
    const title = document.createElement('h2');
    title.textContent = text;
    host.append(title);
  }

  if (data.spectra.length > 0) heading('latency');
  for (const spectrum of data.spectra) {
    add(spectrum.series + ' by percentile (ms)', (element) => drawSpectrum(element, spectrum));
    const shift = data.shifts.find(({ series }) => series === spectrum.series);
    if (shift !== undefined) add(shift.series + ': change by percentile (%)', (element) => drawShift(element, shift));
  }
  const GROUPS = { latency: 'latency over time', throughput: 'throughput', users: 'virtual users', failures: 'failures', generator: 'load generator' };
  for (const [group, text] of Object.entries(GROUPS)) {
    const charts = data.charts.filter((chart) => chart.group === group);
    if (charts.length > 0) heading(text);
    for (const chart of charts) add(chart.title, (element) => drawTime(element, chart));
  }

  function drawAgain() {
    const elements = [...drawn.keys()];
    for (const plot of drawn.values()) plot.destroy();
    drawn.clear();
    overTime.clear();
    for (const element of elements) drawNow(element);
  }

  document.getElementById('theme').addEventListener('click', () => {
    const root = document.documentElement;
    const isDark = root.dataset.theme === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : root.dataset.theme === 'dark';
    root.dataset.theme = isDark ? 'light' : 'dark';
    drawAgain();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAgain);
  // Canvases keep the colours that they were drawn in, and paper is always light.
  const onPaper = matchMedia('print');
  onPaper.addEventListener('change', drawAgain);
  addEventListener('beforeprint', () => { for (const element of waiting.keys()) drawNow(element); });
  addEventListener('resize', () => {
    for (const [element, plot] of drawn) plot.setSize({ width: widthOf(element), height: 240 });
  });
})();
`;
