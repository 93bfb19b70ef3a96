// Draws every <canvas data-chart="id of its JSON">, in the colours of the theme. Needs vendor/chart.umd.min.js before it.
const charts = new Map();
const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

// a custom property with light-dark() only becomes a colour where it is used
function colour(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

const TONES = { accent: "chart-1", waiting: "chart-2", neutral: "chart-3", progress: "chart-4", good: "chart-5", bad: "chart-6" };
const ORDER = Object.keys(TONES);

function draw(canvas) {
  const config = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
  const ink = colour("ink-2");
  const line = colour("line");
  // what is counted has no halves
  const whole = config.series.every((series) => series.values.every((value) => Number.isInteger(Number(value))));
  charts.get(canvas)?.destroy();
  const axis = { stacked: config.stacked, border: { display: false }, ticks: { color: ink, font: { size: 11 }, maxRotation: 0, autoSkip: true } };
  charts.set(canvas, new Chart(canvas, {
    type: config.kind,
    data: {
      labels: config.labels,
      datasets: config.series.map((series, i) => {
        const paint = colour(TONES[series.tone] ?? TONES[ORDER[i % ORDER.length]]);
        return { label: series.label, data: series.values.map(Number), backgroundColor: paint, borderColor: paint, borderWidth: config.kind === "line" ? 2 : 0, borderRadius: 3, maxBarThickness: 28, pointRadius: 0, pointHitRadius: 12, tension: 0.25 };
      }),
    },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      scales: { x: { ...axis, grid: { display: false } }, y: { ...axis, ticks: { ...axis.ticks, ...(whole && { precision: 0 }) }, beginAtZero: true, grid: { color: line }, title: { display: Boolean(config.unit), text: config.unit, color: ink, font: { size: 11 } } } },
      plugins: { legend: { display: config.series.length > 1, align: "start", labels: { color: ink, boxWidth: 10, boxHeight: 10, font: { size: 11 } } } },
    },
  }));
}

const drawAll = () => document.querySelectorAll("canvas[data-chart]").forEach(draw);
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
document.addEventListener("portal:theme", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
document.addEventListener("htmx:afterSettle", (event) => event.detail.elt.querySelectorAll?.("canvas[data-chart]").forEach(draw));
drawAll();
