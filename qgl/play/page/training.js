// A training as it runs: its curve, its reports, what the trained model draws.
import { ask, element, marked, svg } from "./dom.js";
import { plural } from "./circuit.js";

const WIDTH = 560, HEIGHT = 220, LEFT = 54, BOTTOM = 26, PAUSE = 350;

/** What is shown of the training of now; `hears.running(bool)` is called when it begins and ends. */
export class Training {
  constructor(panel, hears) {
    this.panel = panel;
    this.hears = hears;
    this.#forget();
    this.#show();
  }

  /** Follows what the server trains until it ends. */
  async follow() {
    clearTimeout(this.waiting);
    let answer;
    try {
      answer = await ask("training", { since: this.next });
    } catch (refusal) {
      this.fault = refusal.message;
      this.running = false;
      this.hears.running(false);
      return this.#show();
    }
    if (answer.run !== this.run) {
      this.#forget();
      this.run = answer.run;
      if (answer.run !== null) return this.follow();
    }
    this.next = answer.next;
    this.running = answer.runs;
    answer.events.forEach((event) => this.#take(event));
    this.hears.running(answer.runs);
    if (answer.runs || answer.events.length) this.#show();
    if (answer.runs) this.waiting = setTimeout(() => this.follow(), PAUSE);
  }

  #forget() {
    Object.assign(this, {
      run: null, next: 0, running: false, title: "", notes: [], lines: { best: [], median: [] }, whole: null, step: 0,
      goal: 0, left: null, report: null, samples: null, end: null, fault: null, stopping: false,
    });
  }

  #take(event) {
    if (event.event === "start") this.title = event.title;
    if (event.event === "note") this.notes.push(event.text);
    if (event.event === "update") {
      Object.assign(this, { step: event.step, goal: event.goal, left: event.left });
      for (const name of ["best", "median"]) this.lines[name].push([event.step, event[name]]);
    }
    if (event.event === "history") this.whole = event;
    if (event.event === "report") this.report = event.rows;
    if (event.event === "samples") this.samples = event;
    if (event.event === "end") this.end = event;
    if (event.event === "fault") this.fault = event.text;
  }

  #show() {
    this.panel.replaceChildren(...(this.run === null ? this.#nothing() : this.#all()).filter(Boolean));
  }

  #nothing() {
    return [this.fault ? element("pre", { class: "refusal" }, this.fault) : null,
      element("p", { class: "facts hint" }, "“Train” saves the program and trains it; the run goes into the folder runs.")];
  }

  #all() {
    const stop = element("button", { id: "stop", disabled: this.stopping, click: () => this.#stop() }, this.stopping ? "Stopping" : "Stop");
    return [
      element("p", { class: "facts" }, element("b", {}, `runs/${this.run}`), ` ${this.#status()} `, this.running && !this.end ? stop : null),
      this.fault ? element("pre", { class: "refusal" }, this.fault) : null,
      this.#curve(), this.#reports(), ...this.#samples(),
      ...(this.end?.pictures ?? []).map((file) => element("img", { src: `run/${this.run}/${file}`, alt: file.replace(".png", "") })),
      ...this.notes.map((text) => element("p", { class: "note" }, text)),
    ];
  }

  #status() {
    if (this.fault) return "failed.";
    if (this.end?.text) return `${this.end.text}.`;
    if (this.end) return `${this.end.status} after ${plural(this.end.steps, "step")}, loss ${number(this.end.loss)}.`
      + (this.end.status === "interrupted" ? ` qglc train --resume runs/${this.run} goes on.` : "");
    if (!this.goal) return "is being compiled.";
    if (this.step >= this.goal) return "has been trained; reports and pictures are being made.";
    const left = Number.isFinite(this.left) ? `, ${Math.ceil(this.left)} s left` : "";
    return `step ${this.step.toLocaleString("en")} of ${this.goal.toLocaleString("en")}${left}.`;
  }

  async #stop() {
    this.stopping = true;
    this.#show();
    await ask("stop").catch(() => null);
  }

  #curve() {
    const lines = this.whole
      ? [...this.whole.seeds.map((values) => ["seed", zipped(this.whole.steps, values)]), ["best", zipped(this.whole.steps, this.whole.best)]]
      : [["seed", this.lines.median], ["best", this.lines.best]];
    const points = lines.flatMap(([, line]) => line).filter(([, value]) => Number.isFinite(value));
    if (lines.at(-1)[1].length < 2 || points.length < 2) return element("p", { class: "hint" }, this.running ? "The curve begins with the first steps." : "");
    const last = Math.max(this.goal, ...points.map(([step]) => step)), values = points.map(([, value]) => value);
    const [low, high] = spread(Math.min(...values), Math.max(...values));
    const x = (step) => LEFT + (WIDTH - LEFT - 8) * (step / Math.max(1, last));
    const y = (value) => 8 + (HEIGHT - BOTTOM - 8) * ((high - value) / (high - low));
    const ticks = steps(low, high);
    return element("figure", {}, svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "curve", role: "img", "aria-label": "Loss by step" },
      ticks.map((value) => [svg("line", { x1: LEFT, x2: WIDTH - 8, y1: y(value), y2: y(value), class: "grid" }),
        svg("text", { x: LEFT - 6, y: y(value) + 4, class: "tick end" }, number(value))]),
      [0, last].map((step, k) => svg("text", { x: x(step), y: HEIGHT - 8, class: k ? "tick end" : "tick" }, step.toLocaleString("en"))),
      svg("text", { x: (LEFT + WIDTH) / 2, y: HEIGHT - 8, class: "tick middle" }, "step"),
      lines.map(([kind, line]) => svg("polyline", { class: kind, points: line.filter(([, value]) => Number.isFinite(value))
        .map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ") }))),
    element("figcaption", {}, this.whole && this.whole.seeds.length > 1 ? "loss of each seed, the best one bold" : "loss"));
  }

  #reports() {
    if (!this.report?.length) return null;
    return element("table", {}, element("thead", {}, element("tr", {}, ["report", "value", "floor", "uniform"].map((name) => element("th", {}, name)))),
      element("tbody", {}, this.report.map((row) => element("tr", {},
        [`${row.name}${row.unit ? ` (${row.unit})` : ""}`, number(row.value), number(row.floor), number(row.uniform)].map((cell) => element("td", {}, cell))))));
  }

  #samples() {
    if (this.samples?.none) return [element("p", { class: "note" }, marked(this.samples.none))];
    return (this.samples?.groups ?? []).map((group) => (group.columns ? this.#rows(group) : this.#strings(group)));
  }

  #rows({ of, columns, rows }) {
    return element("section", { class: "samples" }, element("h2", {}, of || "samples"), element("table", {},
      element("thead", {}, element("tr", {}, columns.map((name) => element("th", {}, name)))),
      element("tbody", {}, rows.map((row) => element("tr", {}, row.map((cell) => element("td", {}, cell)))))));
  }

  #strings({ of, strings, distinct, drawn }) {
    const most = strings[0]?.[1] ?? 1;
    return element("section", { class: "samples" }, element("h2", {}, of || "samples", element("small", {},
      `${plural(distinct, "string")} among ${drawn.toLocaleString("en")}`)),
    element("ul", { class: "bars" }, strings.map(([text, count]) => element("li", {},
      element("code", {}, text), element("meter", { min: 0, max: most, value: count }), element("span", {}, share(count, drawn))))));
  }
}

const zipped = (steps, values) => steps.map((step, k) => [step, values[k]]);
const share = (count, of) => `${(100 * count / of).toFixed(1)} %`;

function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "";
  return Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : `${+value.toPrecision(4)}`;
}

const spread = (low, high) => (high > low ? [low, high] : [low - 0.5, high + 0.5]);

/** Round values between two. */
function steps(low, high) {
  const raw = (high - low) / 4, ten = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * ten).find((each) => each >= raw);
  const values = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) values.push(k * step);
  return values;
}
