// How a program will be simulated, as a table for each question; and its OpenQASM.
import { element } from "./dom.js";
import { plural } from "./circuit.js";

export function planned(plan) {
  const head = plan.training
    ? `${plural(plan.steps, "step")} of training take about ${plan.training}, compilation not counted.`
    : "What the reports and samples ask, and how it is answered.";
  return [element("p", { class: "facts" }, head),
    ...plan.refusals.map((text) => element("p", { class: "refusal" }, text)), ...plan.queries.map(question)];
}

function question(each) {
  const able = each.methods.filter((method) => !method.refused);
  const refused = each.methods.filter((method) => method.refused);
  const times = each.times > 1 ? `, for each of ${each.times.toLocaleString("en")} conditions` : "";
  return element("section", { class: "question" },
    element("h2", {}, each.for, element("small", {}, `${each.query}${times}`)),
    able.length ? table(able) : element("p", { class: "refusal" }, "no method can answer this"),
    refused.length ? element("details", {}, element("summary", {}, `${plural(refused.length, "method")} cannot`),
      element("ul", {}, refused.map((method) => element("li", {}, element("b", {}, method.method), ` ${method.why}`)))) : null);
}

function table(methods) {
  const cells = (method) => [method.method, method.qubits ?? "", method.time ?? "", method.memory ?? "", method.why];
  return element("table", {},
    element("thead", {}, element("tr", {}, ["method", "qubits", "time", "memory", "why"].map((name) => element("th", {}, name)))),
    element("tbody", {}, methods.map((method) =>
      element("tr", { class: method.chosen ? "chosen" : "" }, cells(method).map((cell) => element("td", {}, `${cell}`))))));
}

/** The text of OpenQASM; `chosen(profile)` hears for whom it is to be. */
export function qasm(answer, profile, chosen) {
  const select = element("select", { "aria-label": "For whom", change: () => chosen(select.value) },
    answer.profiles.map((name) => element("option", { value: name, selected: name === profile }, name)));
  const copy = element("button", { click: () => navigator.clipboard?.writeText(answer.text) }, "Copy");
  return [element("p", { class: "facts" }, "for ", select, " ", copy, " ",
    element("span", { class: "hint" }, "what is trained is an input; ", element("code", {}, "qglc emit RUN"), " has trained angles")),
    element("pre", { class: "qasm" }, answer.text),
    answer.cut ? element("p", { class: "note" }, "The text is longer; `qglc emit` writes all of it.") : null].filter(Boolean);
}
