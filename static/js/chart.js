// Lays interactive lines over the server's SVG: a tip, keys, dragging to zoom. Grid, axis and words stay the server's.

const TOP = 12;
const BOTTOM = 26;
const SIDE = 6;

let library = null;

function uPlot() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.documentElement.dataset.uplotJs;
    script.addEventListener("load", () => resolve(window.uPlot));
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return library;
}

export async function start(figure) {
  if (figure.dataset.ready) return;
  figure.dataset.ready = "yes";
  const data = JSON.parse(document.getElementById(figure.dataset.chart)?.textContent ?? "null");
  const stage = figure.querySelector("[data-plot]");
  if (!data || !stage || !data.iso.length) return;
  const chart = { figure, stage, data, index: -1, tip: tipIn(stage), live: figure.querySelector("[data-chart-live]") };
  chart.surface = data.kind === "line" ? await drawLines(chart) : overBars(chart);
  listen(chart);
}

// --- drawing -------------------------------------------------------------------------------

function colourReader(figure) {
  const probe = document.createElement("span");
  probe.hidden = true;
  figure.append(probe);
  return (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
}

const colourName = (series) => ({ 0: "accent", 7: "cat-other" })[series.colour] ?? `cat-${series.colour}`;

function split(series) {
  const closed = series.values.map((value, index) => (series.states[index] === "partial" ? null : value));
  const open = series.values.map((value, index) =>
    [index - 1, index, index + 1].some((near) => series.states[near] === "partial") ? value : null,
  );
  return [closed, open];
}

async function drawLines(chart) {
  const Plot = await uPlot();
  const { figure, stage, data } = chart;
  const colour = colourReader(figure);
  const holder = document.createElement("div");
  holder.className = "chart-canvas";
  holder.setAttribute("aria-hidden", "true");
  stage.append(holder);
  const { series, columns } = lines(data, colour);
  const options = {
    ...size(stage),
    padding: [TOP, SIDE, BOTTOM, SIDE],
    legend: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: { x: { time: false, range: [0, Math.max(1, data.iso.length - 1)] }, y: { range: [data.low, data.high] } },
    cursor: {
      y: false,
      move: (plot, left, top) => (left < 0 ? [left, top] : [plot.valToPos(plot.posToIdx(left), "x"), top]),
      points: { size: 9, width: 2 }, drag: { x: Boolean(data.zoom_url), y: false, setScale: false },
    },
    series,
    hooks: {
      setCursor: [(plot) => chart.pointed?.(plot.cursor.idx)],
      setSelect: [(plot) => zoom(chart, plot.posToIdx(plot.select.left), plot.posToIdx(plot.select.left + plot.select.width))],
    },
  };
  const plot = new Plot(options, [data.iso.map((_, index) => index), ...columns], holder);
  stage.classList.add("drawn");
  new ResizeObserver(() => plot.setSize(size(stage))).observe(stage);
  document.addEventListener("themechange", () => requestAnimationFrame(() => plot.redraw()));
  return {
    left: (index) => plot.valToPos(index, "x"),
    show: (index) => plot.setCursor({ left: plot.valToPos(index, "x"), top: 0 }),
    hide: () => plot.setCursor({ left: -10, top: -10 }),
  };
}

const size = (stage) => ({ width: stage.clientWidth + 2 * SIDE, height: stage.clientHeight });

function lines(data, colour) {
  const series = [{}];
  const columns = [];
  const add = (values, name, width, dash) => {
    series.push({ stroke: () => colour(name), width, dash, spanGaps: false, points: { show: false } });
    columns.push(values);
  };
  if (data.comparison) add(fitted(data.comparison.values, data.iso.length), "compare", 1.25);
  for (const one of data.series) {
    const [closed, open] = split(one);
    add(closed, colourName(one), 2);
    if (one.states.includes("partial")) add(open, colourName(one), 2, [2, 5]);
    if (data.series.length === 1) series.at(one.states.includes("partial") ? -2 : -1).fill = () => colour("line-wash");
  }
  return { series, columns };
}

const fitted = (values, count) => Array.from({ length: count }, (_, index) => values[index] ?? null);

// Bars stay the server's; only the pointer is added.
function overBars(chart) {
  const { stage, data } = chart;
  const slot = () => stage.clientWidth / data.iso.length;
  const at = (event) => Math.floor((event.clientX - stage.getBoundingClientRect().left) / slot());
  let from = null;
  stage.addEventListener("pointermove", (event) => chart.pointed?.(Math.min(Math.max(at(event), 0), data.iso.length - 1)));
  stage.addEventListener("pointerleave", () => chart.pointed?.(null));
  stage.addEventListener("pointerdown", (event) => (from = at(event)));
  stage.addEventListener("pointerup", (event) => {
    if (from !== null && at(event) !== from) zoom(chart, Math.min(from, at(event)), Math.max(from, at(event)));
    from = null;
  });
  return { left: (index) => (index + 0.5) * slot(), show: (index) => chart.pointed?.(index), hide: () => chart.pointed?.(null) };
}

// --- reading it ----------------------------------------------------------------------------

function tipIn(stage) {
  const tip = document.createElement("div");
  tip.className = "chart-tip";
  tip.hidden = true;
  stage.append(tip);
  return tip;
}

function line(name, text) {
  const row = document.createElement("div");
  const label = document.createElement("span");
  const value = document.createElement("b");
  label.textContent = name;
  value.textContent = text;
  row.append(label, value);
  return row;
}

function small(text) {
  const words = document.createElement("p");
  words.textContent = text;
  return words;
}

function rows({ data }, index) {
  const found = data.series.map((one) => [one.name, one.texts[index] ?? "–"]);
  const then = data.comparison;
  if (then?.texts[index] !== undefined) found.push([then.labels[index], then.texts[index]]);
  return found;
}

function remarks({ data }, index) {
  const notes = data.series.map((one) => one.notes[index]).filter(Boolean);
  const marked = data.annotations.filter((note) => note.index === index).map((note) => note.text);
  return [...notes, ...marked];
}

function showTip(chart, index) {
  const { tip, stage, data } = chart;
  const said = [...remarks(chart, index), ...(data.comparison && data.rule ? [data.rule] : [])];
  const day = document.createElement("strong");
  day.textContent = data.labels[index];
  tip.replaceChildren(day, ...rows(chart, index).map(([name, text]) => line(name, text)), ...said.map(small));
  tip.hidden = false;
  const left = chart.surface.left(index);
  const wide = tip.offsetWidth;
  const x = left + 14 + wide > stage.clientWidth ? left - 14 - wide : left + 14;
  tip.style.transform = `translate(${Math.max(0, Math.min(x, stage.clientWidth - wide))}px, 8px)`;
}

function listen(chart) {
  const { stage, data, figure } = chart;
  stage.tabIndex = 0;
  stage.setAttribute("role", "group");
  stage.setAttribute("aria-label", `${figure.querySelector("figcaption h2")?.textContent ?? "Chart"}: read with ← and →`);
  chart.pointed = (index) => {
    chart.index = index ?? -1;
    if (index === null || index === undefined) chart.tip.hidden = true;
    else showTip(chart, index);
  };
  stage.addEventListener("keydown", (event) => step(chart, event));
  stage.addEventListener("blur", () => chart.surface.hide());
  stage.addEventListener("mouseleave", () => (chart.tip.hidden = true));
  if (data.iso.length) chart.tip.hidden = true;
}

function step(chart, event) {
  const end = chart.data.iso.length - 1;
  const now = chart.index;
  const next = { ArrowLeft: now < 0 ? end : now - 1, ArrowRight: now + 1, Home: 0, End: end }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  const index = Math.min(Math.max(next, 0), end);
  chart.surface.show(index);
  chart.index = index;
  showTip(chart, index);
  const said = [chart.data.labels[index], ...rows(chart, index).map((pair) => pair.join(" ")), ...remarks(chart, index)];
  if (chart.live) chart.live.textContent = said.join(", ");
}

function zoom({ data }, first, last) {
  if (!data.zoom_url || last - first < 1) return;
  const day = (index) => encodeURIComponent(data.iso[Math.min(Math.max(index, 0), data.iso.length - 1)].slice(0, 10));
  location.assign(data.zoom_url.replace(/\{first\}|%7Bfirst%7D/, day(first)).replace(/\{last\}|%7Blast%7D/, day(last)));
}
