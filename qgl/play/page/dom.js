// Elements and questions. Texts become text nodes, never markup: they come from files.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes (functions listen) and children, which are elements or texts. */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** What is refused: `status` of HTTP, `STALE`, or 0 where nobody answers, and the words. */
export class Refusal extends Error {
  constructor(status, answer) {
    super(answer.error ?? "");
    this.status = status;
    this.codes = answer.codes ?? [];
  }
}

export const STALE = 409; // the status of a question that another has overtaken

export const page = crypto.randomUUID();

/** The answer of the server to a question. */
export async function ask(question, fields = {}) {
  let response;
  try {
    response = await fetch(question, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields),
    });
  } catch {
    throw new Refusal(0, { error: "the server has ended" });
  }
  const answer = await response.json().catch(() => ({ error: `status ${response.status}` }));
  if (answer.stale) throw new Refusal(STALE, answer);
  if (!response.ok) throw new Refusal(response.status, answer);
  return answer;
}

/** A function that calls another some milliseconds after it was called last. */
export function later(milliseconds, call) {
  let waiting;
  return (...given) => {
    clearTimeout(waiting);
    waiting = setTimeout(call, milliseconds, ...given);
  };
}

/** Documentation as it is written: paragraphs, `code`, **bold**, lists. */
export function prose(text) {
  return text.split(/\n{2,}/).filter((part) => part.trim()).map((part) => {
    const lines = part.split("\n");
    if (lines.every((line) => line.startsWith("- "))) {
      return element("ul", {}, lines.map((line) => element("li", {}, marked(line.slice(2)))));
    }
    return element("p", {}, marked(part));
  });
}

/** A line of documentation or of a message. */
export function marked(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((piece) => {
    if (piece.length > 2 && piece.startsWith("`") && piece.endsWith("`")) return element("code", {}, piece.slice(1, -1));
    if (piece.length > 4 && piece.startsWith("**") && piece.endsWith("**")) return element("b", {}, piece.slice(2, -2));
    return piece;
  });
}

export const described = (about) =>
  element("div", { class: "described" }, element("pre", {}, about.code), prose(about.text));
