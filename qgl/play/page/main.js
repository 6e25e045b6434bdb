// The page: which program is open, what is shown beside it, and what the buttons do.
import { Refusal, STALE, ask, byId, element, later, marked, page } from "./dom.js";
import { Editor } from "./editor.js";
import { plural, shown } from "./circuit.js";
import { planned, qasm } from "./plan.js";
import { Training } from "./training.js";

const NEW = "new program", CHANGED = "QGL0953", TABS = ["circuit", "plan", "openqasm", "training"];
const nonce = document.querySelector("meta[name=csp-nonce]").content;
const saved = { name: null, text: "", digest: null };
let tab = "circuit", qubit = null, profile = "portable", running = false, ended = false, stale = new Set(TABS), fresh = "";

const editor = new Editor(byId("editor"), nonce, {
  changed: () => { stale = new Set(TABS); mark(); },
  checked: (answer) => { faults(answer); buttons(); look(); },
  failed: (refusal) => tell(refusal),
  save: () => save(),
  rename: () => rename(),
});
const training = new Training(byId("training"), { running: (now) => { running = now; buttons(); } });

// ---------------------------------------------------------------- what is shown beside the text

const look = later(200, async () => {
  if (tab === "training" || !stale.has(tab)) return;
  const panel = byId(tab), asked = { tab, text: editor.text, qubit, profile };
  const now = () => asked.tab === tab && asked.text === editor.text && asked.qubit === qubit && asked.profile === profile;
  panel.setAttribute("aria-busy", "true");
  let answer, parts;
  try {
    answer = await ask(tab, { name: editor.name, text: asked.text, qubit, profile, page });
    parts = answer.none ? null : PANELS[tab](answer);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    if (refusal.status === STALE) return;
    parts = [element("pre", { class: "refusal" }, refusal.message)];
  }
  if (!now()) return;
  stale.delete(tab);
  panel.removeAttribute("aria-busy");
  panel.classList.toggle("past", parts === null);
  if (parts) keepScrolled(panel, parts);
  else if (!panel.children.length) panel.replaceChildren(element("p", { class: "facts hint" }, "Here once the program has no faults."));
});

/** Other content in the same place, scrolled as before. */
function keepScrolled(panel, parts) {
  const before = panel.querySelector(".scroll"), at = before && [before.scrollLeft, before.scrollTop];
  const focused = panel.contains(document.activeElement) && document.activeElement.getAttribute("data-position");
  panel.replaceChildren(...parts);
  const after = panel.querySelector(".scroll");
  if (at && after) [after.scrollLeft, after.scrollTop] = at;
  if (focused) panel.querySelector(`[data-position="${focused}"]`)?.focus();
}

const PANELS = {
  circuit: (answer) => shown(answer, (position) => { qubit = position; again("circuit"); }, byId("circuit").clientWidth - 34),
  plan: planned,
  openqasm: (answer) => qasm(answer, profile, (name) => { profile = name; again("openqasm"); }),
};

function again(name) {
  stale.add(name);
  look();
}

function choose(name) {
  tab = name;
  for (const each of TABS) {
    byId(each).hidden = each !== name;
    byId(`tab-${each}`).setAttribute("aria-selected", each === name);
    byId(`tab-${each}`).tabIndex = each === name ? 0 : -1;
  }
  look();
}

function faults({ faults: all, program }) {
  byId("faults").replaceChildren(...all.map((fault) => element("li", { class: fault.severity },
    element("button", { click: () => editor.goTo(fault.from) },
      element("span", { class: "line" }, fault.line ? `${fault.line}` : "–"),
      element("span", {}, marked(fault.message), fault.help ? element("small", {}, marked(fault.help)) : null)),
    fault.mends.slice(0, 1).map((mend) => element("button", { class: "mend", click: () => editor.mend(mend) }, marked(mend.title))))));
  const errors = all.filter((fault) => fault.severity === "error").length, rest = all.length - errors;
  const parts = [errors ? plural(errors, "fault") : "", rest ? plural(rest, "warning") : ""].filter(Boolean);
  say(parts.join(", ") || (program ? "no faults" : "no faults; layers without a model"), errors ? "bad" : "good");
}

// ---------------------------------------------------------------- files

const dirty = () => editor.text !== saved.text;

function mark() {
  const name = saved.name ?? NEW;
  document.title = `${dirty() ? "• " : ""}${name} – qgl`;
  byId("save").classList.toggle("due", dirty() || saved.name === null);
}

async function list(answer) {
  const known = answer ?? await ask("programs");
  fresh = known.new;
  const names = known.programs.includes(saved.name) || saved.name === null ? known.programs : [saved.name, ...known.programs];
  byId("program").replaceChildren(...names.map((name) => element("option", { value: name }, name)),
    element("option", { value: "" }, NEW));
  byId("program").value = saved.name ?? "";
  return known;
}

async function open(name) {
  const answer = name ? await ask("open", { name }) : { text: fresh, digest: null };
  qubit = null;
  for (const each of ["circuit", "plan", "openqasm", "faults"]) byId(each).replaceChildren();
  say("");
  editor.open(name || "untitled.qgl", answer.text);
  Object.assign(saved, { name: name || null, text: editor.text, digest: answer.digest });
  byId("program").value = name ?? "";
  mark();
}

/** Whether the text is saved now, as the program that is open or under a name that is asked for. */
async function save() {
  if (saved.name === null) return (await named()) !== null;
  if (!dirty()) return true;
  try {
    await put(saved.name, saved.digest);
  } catch (refusal) {
    if (refusal.codes.includes(CHANGED)) return (await named(refusal.message)) !== null;
    tell(refusal);
    return false;
  }
  return true;
}

async function put(name, digest) {
  const text = editor.text;
  const answer = await ask("save", { name, text, digest });
  Object.assign(saved, { name, text, digest: answer.digest });
  editor.name = name;
  mark();
  say("saved", "good");
}

/** The name under which a text was saved that had none, or could not keep it; null if it was not. */
function named(why = "") {
  const [dialog, input, fault] = [byId("naming"), byId("name"), byId("naming-fault")];
  fault.textContent = why;
  dialog.showModal();
  input.select();
  return new Promise((done) => {
    const end = (name) => { dialog.close(); done(name); };
    const yes = async () => {
      const given = input.value.trim(), name = given.endsWith(".qgl") ? given : `${given}.qgl`;
      try {
        await put(name, null);
        await list();
        editor.check();
        end(name);
      } catch (refusal) { fault.textContent = refusal.message; }
    };
    byId("naming-yes").onclick = yes;
    byId("naming-no").onclick = dialog.oncancel = () => end(null);
    input.onkeydown = (event) => { if (event.key === "Enter") yes(); };
  });
}

// ---------------------------------------------------------------- another name

/** Asks for another name of what stands at the cursor. */
async function rename() {
  const [dialog, input, fault] = [byId("renaming"), byId("other-name"), byId("renaming-fault")];
  let what;
  try { what = await editor.named(); } catch (refusal) { return tell(refusal); }
  if (!what) return say("no name stands at the cursor", "bad");
  byId("renamed").textContent = what.was;
  [input.value, fault.textContent] = [what.was, ""];
  dialog.showModal();
  input.select();
  const yes = async () => {
    try {
      fault.textContent = await editor.rename(what, input.value.trim()) ?? "";
      if (!fault.textContent) dialog.close();
    } catch (refusal) { fault.textContent = refusal.message; }
  };
  byId("renaming-yes").onclick = yes;
  byId("renaming-no").onclick = () => dialog.close();
  input.onkeydown = (event) => { if (event.key === "Enter") yes(); };
}

// ---------------------------------------------------------------- the bar above

function say(text, kind = "") {
  byId("state").textContent = text;
  byId("state").className = kind;
}

function tell(refusal) {
  if (refusal.status === 0) ended = true;
  say(refusal.status === 0 ? "the server has ended: your text is here alone" : refusal.message.split("\n")[0], "bad");
  byId("state").title = refusal.message;
}

function buttons() {
  byId("train").disabled = !editor.known.trains || running || ended;
  byId("train").textContent = running ? "Training" : "Train";
}

async function train() {
  if (!await save()) return;
  try {
    await ask("train", { name: saved.name });
  } catch (refusal) { return tell(refusal); }
  running = true;
  buttons();
  choose("training");
  training.follow();
}

byId("save").onclick = save;
byId("train").onclick = train;
byId("rename").onclick = rename;
byId("format").onclick = async () => {
  const { text } = await ask("format", { text: editor.text });
  if (text === null) say("a text with faults of form has no canonical one", "bad");
  else editor.replace(text);
};
byId("program").onchange = async (event) => {
  const name = event.target.value;
  if (dirty() && !confirm(`Leave ${saved.name ?? "the new program"} without saving it?`)) {
    event.target.value = saved.name ?? "";
    return;
  }
  await open(name).catch(tell);
};
for (const name of TABS) byId(`tab-${name}`).onclick = () => choose(name);
document.querySelector("[role=tablist]").onkeydown = (event) => {
  const step = { ArrowRight: 1, ArrowLeft: TABS.length - 1 }[event.key];
  if (!step) return;
  choose(TABS[(TABS.indexOf(tab) + step) % TABS.length]);
  byId(`tab-${tab}`).focus();
};
addEventListener("beforeunload", (event) => { if (dirty()) event.preventDefault(); });
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); save(); }
});

// ---------------------------------------------------------------- the width of the text

function wide(share) {
  document.documentElement.style.setProperty("--text", `${Math.min(0.8, Math.max(0.2, share)) * 100}%`);
}
const divider = byId("divider");
divider.onpointerdown = (event) => {
  divider.setPointerCapture(event.pointerId);
  divider.onpointermove = (moved) => wide(moved.clientX / innerWidth);
};
divider.onpointerup = () => { divider.onpointermove = null; };
divider.onkeydown = (event) => {
  const step = { ArrowLeft: -0.03, ArrowRight: 0.03 }[event.key];
  if (step) wide(divider.getBoundingClientRect().left / innerWidth + step);
};

const known = await list();
await open(known.first ?? known.programs[0] ?? null).catch(async (refusal) => { await open(null); tell(refusal); });
await training.follow();
