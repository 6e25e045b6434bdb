// The circuit as qgl/draw/layout.py lays it out: rows for wires, columns of marks. A click on a wire asks for its cone.
import { element, svg } from "./dom.js";

const ROW = 36, HALF = 13, TOP = 10, LETTER = 6.6, SMALL = 5.4, SMALLEST = 0.75;

/** What is shown of a circuit; `chosen(position)` hears which visible qubit was clicked, null for none; it is shrunk a little where it then fits into `room`. */
export function shown(picture, chosen, room) {
  return [
    element("p", { class: "facts" }, facts(picture, chosen)),
    element("div", { class: "scroll" }, drawn(picture, chosen, room)),
    picture.notes.length ? element("p", { class: "note" }, picture.notes.join("; ")) : null,
  ].filter(Boolean);
}

function facts({ counts, cone, rows }, chosen) {
  const more = counts.visible > rows.filter((row) => row.position !== null).length ? numbered(counts, cone, chosen) : [];
  if (!cone) {
    const fresh = counts.fresh ? `, ${counts.fresh} fresh` : "";
    return [`${plural(counts.qubits, "qubit")}${fresh}, ${plural(counts.operations, "operation")}, `
      + `${plural(counts.numbers, "number")} to train. `, element("span", { class: "hint" }, "Click a qubit for its light cone.", more)];
  }
  return [element("b", {}, cone.of), ` depends on ${cone.qubits} of ${plural(counts.qubits, "qubit")} and `
    + `${cone.operations} of ${plural(counts.operations, "operation")}. `,
    element("button", { class: "link", click: () => chosen(null) }, "Show all"), more];
}

/** A field for the number of a visible qubit, where not all are shown. */
function numbered({ visible }, cone, chosen) {
  const change = (event) => chosen(event.target.value === "" ? null : Math.min(visible - 1, Math.max(0, Math.round(event.target.value))));
  return element("label", { class: "numbered" }, " Qubit ",
    element("input", { type: "number", min: 0, max: visible - 1, value: cone?.qubit ?? "", "aria-label": "Number of the qubit", change }));
}

export const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

function drawn(picture, chosen, room) {
  const left = 16 + Math.max(0, ...picture.rows.map((row) => row.label.length)) * 7.4;
  const widths = columnWidths(picture);
  const edges = [left + 14];
  for (const width of widths) edges.push(edges[edges.length - 1] + width);
  const place = {
    x: (column) => (edges[column] + edges[column + 1]) / 2,
    y: (row) => TOP + (row + 0.5) * ROW,
    edges, left, right: edges[edges.length - 1] + 16, bits: TOP + picture.rows.length * ROW + 14,
  };
  const height = TOP * 2 + picture.rows.length * ROW + (picture.classical ? 34 : 0);
  const width = place.right + 14, fit = room / width, scale = fit < SMALLEST ? 1 : Math.min(1, fit);
  const ink = svg("svg", {
    width: width * scale, height: height * scale, viewBox: `0 0 ${width} ${height}`, class: "circuit",
    role: "img", "aria-label": "The circuit",
  });
  picture.rows.forEach((row, k) => ink.append(...wire(picture, row, k, place)));
  if (picture.classical) ink.append(...double(place.left, place.bits, place.right, place.bits));
  const marks = [...picture.marks].sort((a, b) => b.pale - a.pale);
  for (const each of marks) ink.append(mark(each, place));
  picture.rows.forEach((row, k) => ink.append(handle(row, k, place, picture.cone, chosen)));
  return ink;
}

function columnWidths({ columns, marks }) {
  const widths = Array(columns).fill(30);
  for (const each of marks) {
    if (each.shape === "open" || each.shape === "close") widths[each.column] = 16;
    else if (each.shape === "box" || each.shape === "spread") widths[each.column] = Math.max(widths[each.column], boxWidth(each) + 8);
    else if (each.condition.length) widths[each.column] = Math.max(widths[each.column], 36);
  }
  return widths;
}

const boxWidth = (each) => Math.max(26, each.name.length * LETTER + 12, each.angles.length * SMALL + 10);

/** A wire along the whole picture, or a fresh one where it lives. */
function wire(picture, row, k, place) {
  const y = place.y(k);
  const kind = `wire ${row.kind}${row.pale ? " pale" : ""}`;
  if (row.kind !== "fresh") return [svg("line", { x1: place.left + 4, y1: y, x2: place.right, y2: y, class: kind })];
  return picture.lives.filter(([at, first]) => at === k && first < picture.columns).map(([, first, last]) => svg("line", {
    x1: place.x(Math.max(first, 0)), y1: y, x2: last < picture.columns ? place.x(last) : place.right, y2: y, class: kind,
  }));
}

/** The name of a wire, and the place to click. */
function handle(row, k, place, cone, chosen) {
  const asked = cone && row.position === cone.qubit;
  const name = svg("text", { x: place.left, y: place.y(k), class: `label ${row.kind}${row.pale ? " pale" : ""}` }, row.label);
  if (row.position === null) return name;
  const click = () => chosen(asked ? null : row.position);
  const press = (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); click(); }
  };
  return svg("g", {
    class: `qubit${asked ? " asked" : ""}`, tabindex: 0, role: "button", "data-position": row.position,
    "aria-pressed": asked ? "true" : "false", "aria-label": `Light cone of ${row.label}`, click, keydown: press,
  },
    svg("title", {}, asked ? "show all" : `what ${row.label} depends on`),
    svg("rect", { x: 2, y: place.y(k) - ROW / 2 + 2, width: place.left + 4, height: ROW - 4, rx: 5, class: "hit" }),
    svg("rect", { x: place.left + 6, y: place.y(k) - 7, width: place.right - place.left, height: 14, class: "line" }),
    name, asked ? svg("path", { d: `M${place.right + 11} ${place.y(k) - 6}l-9 6l9 6z`, class: "arrow" }) : null);
}

function mark(each, place) {
  const x = place.x(each.column);
  const touched = [...each.rows, ...each.controls];
  const group = svg("g", { class: `mark${each.pale ? " pale" : ""}${each.noisy ? " noisy" : ""}` });
  const low = Math.min(...touched), high = Math.max(...touched);
  if (each.condition.length) group.append(...condition(each, x, place.y(high), place.bits));
  const bracket = each.shape === "open" || each.shape === "close";
  if (low < high && !bracket) group.append(svg("line", { x1: x, y1: place.y(low), x2: x, y2: place.y(high), class: "stem" }));
  if (each.cut) group.append(svg("line", { x1: x, y1: place.y(high), x2: x, y2: place.y(high) + 18, class: "stem cut" }));
  for (const row of each.controls) group.append(dot(x, place.y(row)));
  group.append(...SHAPES[each.shape](each, x, place));
  const name = [each.name, each.angles && `(${each.angles})`].filter(Boolean).join(" ");
  if (name) group.append(svg("title", {}, name));
  return group;
}

const dot = (x, y) => svg("circle", { cx: x, cy: y, r: 3.6, class: "dot" });

const SHAPES = {
  box(each, x, place) {
    const low = Math.min(...each.rows), high = Math.max(...each.rows), width = boxWidth(each);
    const top = place.y(low) - HALF, bottom = place.y(high) + HALF;
    const kind = each.letters.length ? "pauli" : low < high ? "several" : "one";
    const middle = low === high ? place.y(low) : place.y(Math.floor((low + high) / 2)) + ROW / 2;
    const shift = each.angles ? 4 : 0;
    const made = [svg("rect", { x: x - width / 2, y: top, width, height: bottom - top, rx: 4, class: `box ${kind}` })];
    for (let row = low; row <= high; row++) {
      if (!each.rows.includes(row)) made.push(svg("line", { x1: x - width / 2, y1: place.y(row), x2: x + width / 2, y2: place.y(row), class: "past" }));
    }
    each.rows.forEach((row, k) => {
      if (each.letters.length) made.push(svg("text", { x, y: place.y(row), class: "name" }, each.letters[k]));
      else if (each.ordered) made.push(svg("text", { x: x - width / 2 + 4, y: place.y(row), class: "order" }, `${k + 1}`));
    });
    made.push(svg("text", { x, y: middle - shift, class: "name" }, each.name));
    if (each.angles) made.push(svg("text", { x, y: middle + 7, class: "angles" }, each.angles));
    return made;
  },
  target(each, x, place) {
    const y = place.y(each.rows[0]);
    return [svg("circle", { cx: x, cy: y, r: 8.5, class: "target" }), svg("path", { d: `M${x - 8.5} ${y}h17M${x} ${y - 8.5}v17`, class: "stem" })];
  },
  spread(each, x, place) {
    const middle = place.y(Math.floor((Math.min(...each.rows) + Math.max(...each.rows)) / 2)) + ROW / 2;
    const width = boxWidth(each);
    const made = each.rows.flatMap((row, k) => each.letters[k] === "Z" ? [dot(x, place.y(row))] : [
      svg("rect", { x: x - 9, y: place.y(row) - HALF, width: 18, height: 2 * HALF, rx: 4, class: "box pauli" }),
      svg("text", { x, y: place.y(row), class: "name" }, each.letters[k])]);
    made.push(svg("rect", { x: x - width / 2, y: middle - 12, width, height: 24, rx: 4, class: "box pauli" }),
      svg("text", { x, y: middle - 4, class: "name" }, each.name),
      svg("text", { x, y: middle + 7, class: "angles" }, each.angles));
    return made;
  },
  open: (each, x, place) => [edge(each, x, place, 4),
    svg("text", { x, y: place.y(0) - ROW / 2 - 4, class: "name" }, each.name)],
  close: (each, x, place) => [edge(each, x, place, -4)],
  dots: (each, x, place) => each.rows.map((row) => dot(x, place.y(row))),
  swap: (each, x, place) => each.rows.map((row) =>
    svg("path", { d: `M${x - 5} ${place.y(row) - 5}l10 10m0 -10l-10 10`, class: "stem" })),
  measure(each, x, place) {
    const y = place.y(each.rows[0]);
    const made = each.bit === null ? [] : [...double(x, y, x, place.bits),
      svg("text", { x, y: place.bits + 12, class: "order" }, `m${each.bit}`)];
    return [...made, svg("rect", { x: x - 13, y: y - HALF, width: 26, height: 2 * HALF, rx: 4, class: "box one" }),
      svg("path", { d: `M${x - 8} ${y + 5}a8 8 0 0 1 16 0M${x} ${y + 5}l6 -11`, class: "stem" })];
  },
  fresh: (each, x, place) => [svg("text", { x: x - 1, y: place.y(each.rows[0]), class: "ket" }, "|0⟩")],
  discard: (each, x, place) => [9, 6, 3].map((half, k) => {
    const y = place.y(each.rows[0]);
    return svg("line", { x1: x + 4 * k, y1: y - half, x2: x + 4 * k, y2: y + half, class: "wire fresh" });
  }),
};

/** A bracket through all rows, its ends pointing by `tip`. */
const edge = (each, x, place, tip) => svg("path", {
  d: `M${x + tip} ${place.y(0) - ROW / 2 + 2}H${x}V${place.y(each.rows.length - 1) + ROW / 2 - 2}h${tip}`, class: "stem",
});

function condition(each, x, from, to) {
  const bits = each.condition.map(([bit, value]) => `${value ? "" : "¬"}m${bit}`).join(" ");
  return [...double(x, from, x, to), svg("circle", { cx: x, cy: to, r: 3.5, class: each.condition[0][1] ? "bit" : "bit open" }),
    svg("text", { x, y: to + 12, class: "order" }, bits)];
}

function double(x1, y1, x2, y2) {
  const [dx, dy] = y1 === y2 ? [0, 1.5] : [1.5, 0];
  return [-1, 1].map((side) => svg("line", { x1: x1 + side * dx, y1: y1 + side * dy, x2: x2 + side * dx, y2: y2 + side * dy, class: "classical" }));
}
