// The editor: CodeMirror, which asks the server about the text. Colours are by what each name means.
import {
  Decoration, EditorState, EditorView, StateEffect, StateField, WidgetType, acceptCompletion, autocompletion,
  bracketMatching, closeBrackets, closeBracketsKeymap, completionKeymap, defaultKeymap, drawSelection,
  highlightActiveLine, highlightActiveLineGutter, highlightSelectionMatches, highlightSpecialChars, history,
  historyKeymap, hoverTooltip, indentUnit, indentWithTab, keymap, lineNumbers, lintGutter, lintKeymap, search,
  searchKeymap, setDiagnostics, showTooltip, snippet,
} from "./codemirror.js";
import { STALE, ask, described, element, later, marked, page } from "./dom.js";

const setColours = StateEffect.define();
const setSignature = StateEffect.define();
const KINDS = {
  gate: "function", function: "function", layer: "method", channel: "method", Hamiltonian: "method", value: "variable",
  constant: "constant", lattice: "class", "data set": "class", type: "type", keyword: "keyword", snippet: "keyword",
  argument: "property", setting: "property", choice: "enum",
};

const colours = StateField.define({
  create: () => Decoration.none,
  update(value, transaction) {
    value = value.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(setColours)) value = decorations(effect.value);
    }
    return value;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** What each word is, and hints such as the size of a register behind its name. */
function decorations({ tokens, hints }) {
  return Decoration.set([
    ...tokens.map(([from, to, ...kinds]) =>
      Decoration.mark({ class: kinds.map((kind) => `is-${kind}`).join(" ") }).range(from, to)),
    ...hints.map((hint) => Decoration.widget({ widget: new Hint(hint), side: 1 }).range(hint.at)),
  ], true);
}

class Hint extends WidgetType {
  constructor(hint) {
    super();
    this.hint = hint;
  }

  eq(other) { return other.hint.text === this.hint.text && other.hint.about === this.hint.about; }

  toDOM() { return element("span", { class: "hint-of", title: this.hint.about, "aria-hidden": "true" }, this.hint.text); }
}

const signatureShown = StateField.define({
  create: () => null,
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setSignature)) return effect.value;
    return value && transaction.docChanged ? { ...value, pos: transaction.changes.mapPos(value.pos) } : value;
  },
  provide: (field) => showTooltip.from(field),
});

/** An editor in `parent`; `hears.changed(text)`, `hears.checked(answer)` and `hears.failed(refusal)` are called. */
export class Editor {
  constructor(parent, nonce, hears) {
    Object.assign(this, { name: "", checked: null });
    this.hears = hears;
    this.known = { faults: [], program: false, trains: false };
    this.check = later(60, () => this.#check());
    this.ask = later(120, () => this.#signature());
    this.view = new EditorView({ parent, extensions: this.#extensions(nonce) });
  }

  get text() { return this.view.state.doc.toString(); }

  /** Puts the text of another program in; what was done before cannot be undone into it. */
  open(name, text) {
    this.name = name;
    this.view.setState(EditorState.create({ doc: text, extensions: this.extensions }));
    this.hears.changed(this.text);
    this.check();
  }

  /** Puts another form of the text in. */
  replace(text) {
    this.view.dispatch({ changes: changed(this.text, text) });
  }

  goTo(place) {
    const at = Math.min(place, this.view.state.doc.length);
    this.view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
    this.view.focus();
  }

  /** Puts a fault right, if the text is still the one that has it. */
  mend({ from, to, insert }) {
    if (this.checked !== this.text) return;
    this.view.dispatch({ changes: { from, to, insert } });
    this.view.focus();
  }

  #extensions(nonce) {
    this.extensions = [
      EditorView.cspNonce.of(nonce), lineNumbers(), highlightActiveLineGutter(), highlightActiveLine(),
      highlightSpecialChars(), history(), EditorView.lineWrapping, drawSelection(), indentUnit.of("    "),
      bracketMatching(), closeBrackets(), highlightSelectionMatches(), search({ top: true }), lintGutter(), colours, signatureShown,
      autocompletion({ override: [(context) => this.#complete(context)], icons: false, maxRenderedOptions: 80 }),
      hoverTooltip((view, at) => this.#hover(at), { hoverTime: 250 }),
      EditorView.contentAttributes.of({ "aria-label": "Program", spellcheck: "false" }),
      keymap.of([
        { key: "Tab", run: acceptCompletion }, { key: "F12", run: () => (this.#definition(), true) },
        { key: "F2", run: () => (this.hears.rename(), true) },
        { key: "Mod-s", run: () => (this.hears.save(), true) },
        { key: "Escape", run: () => this.#hideSignature() },
        ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap,
        indentWithTab,
      ]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) {
          this.hears.changed(this.text);
          this.check();
        }
        if (update.docChanged || update.selectionSet) this.ask();
      }),
    ];
    return this.extensions;
  }

  async #check() {
    const [name, text] = [this.name, this.text];
    this.checking = ask("check", { name, text, page });
    let answer;
    try {
      answer = await this.checking;
    } catch (refusal) {
      if (refusal.status !== STALE) this.hears.failed(refusal);
      return;
    }
    if (text !== this.text || name !== this.name) return;
    Object.assign(this, { known: answer, checked: text });
    this.view.dispatch({ effects: setColours.of(answer) });
    this.view.dispatch(setDiagnostics(this.view.state, answer.faults.map((fault) => this.#diagnostic(fault))));
    this.hears.checked(answer);
  }

  #diagnostic(fault) {
    return {
      from: fault.from, to: fault.to, severity: fault.severity, message: fault.message, source: fault.code,
      renderMessage: () => told(fault),
      actions: fault.mends.slice(0, 2).map((mend) => ({ name: mend.title, apply: () => this.mend(mend) })),
    };
  }

  async #complete(context) {
    const before = context.matchBefore(/[\w./?-]*/);
    const typed = before && before.from < before.to;
    if (!context.explicit && !typed && !/[.([,="/:~]$|[,=:~] $/.test(context.matchBefore(/.{0,2}/)?.text ?? "")) return null;
    await Promise.race([this.checking?.catch(() => null), new Promise((done) => setTimeout(done, 400))]);
    if (context.aborted) return null;
    const answer = await ask("complete", { name: this.name, text: this.text, at: context.pos }).catch(() => null);
    if (!answer || !answer.items.length) return null;
    return {
      from: answer.from, validFor: /^\w*$/,
      options: answer.items.map((item) => ({
        label: item.label, detail: item.detail, type: KINDS[item.kind], boost: 60 - 20 * item.rank,
        apply: item.snippet ? snippet(places(item.insert)) : item.insert,
        info: item.about ? () => described(item.about) : undefined,
      })),
    };
  }

  async #hover(at) {
    const answer = await ask("hover", { name: this.name, text: this.text, at }).catch(() => ({}));
    if (!answer.about) return null;
    return { pos: answer.from, end: answer.to, above: true, create: () => ({ dom: described(answer.about) }) };
  }

  async #definition() {
    const at = this.view.state.selection.main.head;
    const answer = await ask("hover", { name: this.name, text: this.text, at }).catch(() => ({}));
    if (Number.isInteger(answer.declared)) this.goTo(answer.declared);
  }

  /** The name at the cursor, if there is one; of the text as it is now. */
  async named() {
    const asked = { name: this.name, text: this.text, at: this.view.state.selection.main.head };
    const answer = await ask("rename", { ...asked, to: null });
    return answer.name ? { ...asked, was: answer.name } : null;
  }

  /** Gives what `named` gave another name; why not, if it cannot be. */
  async rename({ was, ...asked }, to) {
    const answer = await ask("rename", { ...asked, to });
    if (asked.text !== this.text || asked.name !== this.name) return "the text has changed meanwhile";
    if (!answer.changes) return answer.refused ?? `${was} cannot be renamed`;
    this.view.dispatch({ changes: answer.changes });
    this.view.focus();
    return null;
  }

  async #signature() {
    const { main } = this.view.state.selection;
    const line = this.view.state.doc.lineAt(main.head);
    const near = this.view.state.sliceDoc(Math.max(0, main.head - 400), main.head);
    if (!main.empty || !/\([^;{}]*$/.test(near) || !this.view.hasFocus) return this.#hideSignature();
    const [text, at] = [this.text, main.head];
    const answer = await ask("signature", { name: this.name, text, at }).catch(() => ({}));
    if (text !== this.text || at !== this.view.state.selection.main.head) return;
    if (!answer.text) return this.#hideSignature();
    const pos = Math.max(line.from, at - (this.view.state.sliceDoc(line.from, at).length - lastOpen(this.view.state.sliceDoc(line.from, at))));
    this.view.dispatch({ effects: setSignature.of({ pos, above: true, create: () => ({ dom: written(answer) }) }) });
  }

  #hideSignature() {
    if (!this.view.state.field(signatureShown, false)) return false;
    this.view.dispatch({ effects: setSignature.of(null) });
    return true;
  }
}

/** Where the last bracket of a text opens that is not closed; its end if there is none. */
function lastOpen(text) {
  let depth = 0;
  for (let k = text.length - 1; k >= 0; k--) {
    if (text[k] === ")") depth++;
    if (text[k] === "(" && depth-- === 0) return k;
  }
  return text.length;
}

/** A call with the argument that is being written in bold. */
function written({ text, about, arguments: given, active }) {
  const code = element("pre");
  let from = 0;
  given.forEach((argument, k) => {
    const at = text.indexOf(argument.text, from);
    if (at < 0) return;
    code.append(text.slice(from, at), k === active ? element("b", {}, argument.text) : argument.text);
    from = at + argument.text.length;
  });
  code.append(text.slice(from));
  return element("div", { class: "described signature" }, code, element("p", {}, given[active ?? -1]?.about || about));
}

/** Places to fill in, as CodeMirror writes them. */
const places = (text) => text.replace(/\$(\d)/g, (_, k) => (k === "0" ? "${}" : `\${${k}}`));

function told(fault) {
  return element("div", { class: "told" },
    element("b", {}, marked(fault.message)), fault.label ? element("p", {}, marked(fault.label)) : null,
    fault.notes.map((note) => element("p", {}, marked(note))),
    fault.help ? element("p", {}, marked(`help: ${fault.help}`)) : null,
    element("small", {}, fault.where ? `${fault.code} in ${fault.where}` : fault.code));
}

/** The one change between two texts: what they do not share at their ends. */
function changed(before, after) {
  let start = 0;
  const most = Math.min(before.length, after.length);
  while (start < most && before[start] === after[start]) start++;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { from: start, to: before.length - end, insert: after.slice(start, after.length - end) };
}
