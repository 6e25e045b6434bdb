// Starts `qglc lsp` for programs of qgl, and runs the verbs of qglc in a terminal.

import * as path from "node:path";
import * as vscode from "vscode";
import { LanguageClient, type Executable } from "vscode-languageclient/node";

const VERBS = ["check", "explain", "draw", "train"] as const;
type Verb = (typeof VERBS)[number];

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  for (const verb of VERBS) {
    context.subscriptions.push(
      vscode.commands.registerCommand(`qgl.${verb}`, (uri?: string) => inTerminal(verb, uri)),
    );
  }
  context.subscriptions.push(vscode.commands.registerCommand("qgl.restart", restart));
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("qgl.command")) await restart();
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
}

/** How qglc is called, without a verb. */
function command(): string[] {
  const given = vscode.workspace.getConfiguration("qgl").get<string[]>("command") ?? [];
  return given.length > 0 ? given : ["qglc"];
}

async function start(): Promise<void> {
  const [program, ...rest] = command();
  const server: Executable = { command: program, args: [...rest, "lsp"] };
  client = new LanguageClient("qgl", "qgl", server, {
    documentSelector: [{ language: "qgl" }],
    initializationOptions: { snippets: false }, // this extension brings them
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.{qgl,csv,txt,npz,json,graphml}") },
  });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const install = 'Install it with: pip install "qglc[lsp]", or name it in the setting qgl.command.';
    void vscode.window.showErrorMessage(`${program} lsp could not be started (${String(error)}). ${install}`);
  }
}

async function restart(): Promise<void> {
  await deactivate();
  await start();
}

/** Run a verb on a saved program: that of the lens that was clicked, or the one that is open. */
async function inTerminal(verb: Verb, uri?: string): Promise<void> {
  const named = uri === undefined ? undefined : vscode.Uri.parse(uri, true);
  const document =
    named === undefined ? vscode.window.activeTextEditor?.document : await vscode.workspace.openTextDocument(named);
  if (document === undefined || document.languageId !== "qgl") {
    void vscode.window.showInformationMessage("Open a program of qgl first.");
    return;
  }
  if ((document.isDirty || document.isUntitled) && !(await document.save())) return;
  const file = document.uri.fsPath;
  const [program, ...rest] = command();
  // A process, not a line for a shell: a name of a file is never read as anything else.
  const task = new vscode.Task(
    { type: "qgl", verb },
    vscode.TaskScope.Workspace,
    verb,
    "qgl",
    new vscode.ProcessExecution(program, [...rest, verb, path.basename(file)], { cwd: path.dirname(file) }),
  );
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, panel: vscode.TaskPanelKind.Dedicated };
  await vscode.tasks.executeTask(task);
}
