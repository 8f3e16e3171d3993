// The user's commands. Each is one command of the server's, and what it takes is asked for here.

import {
  commands,
  Disposable,
  env,
  type LogOutputChannel,
  type QuickPickItem,
  QuickPickItemKind,
  type TextEditor,
  window,
  workspace,
} from "vscode";
import type { Approvals } from "./approvals";
import { type Chats, isChat } from "./chats";
import { messageOf, type Server } from "./client";
import { conversations } from "./conversations";
import { oneLine, plain } from "./notice";
import type { Account, AskParams } from "./protocol";
import type { Review } from "./review";
import { servers, trust } from "./servers";
import type { Turns } from "./turns";

/** What the commands are about. */
export interface Parts {
  server: Server;
  chats: Chats;
  turns: Turns;
  approvals: Approvals;
  review: Review;
  log: LogOutputChannel;
}

/** What a key binding may say beforehand. */
interface Given {
  prompt?: string;
  threadId?: string;
}

export function registerCommands(parts: Parts): Disposable {
  const { server, chats, turns, approvals, review, log } = parts;
  const all: Record<string, (given: Given) => Promise<unknown>> = {
    ask: (given) => ask(server, given),
    askNew: (given) => askNew(server, given),
    openChat: ({ threadId }) => chats.open(threadId === undefined ? folderOf(window.activeTextEditor) : { threadId }),
    undoTurn: (given) => server.run("undoTurn", given),
    redoTurn: (given) => server.run("redoTurn", given),
    keep: () => review.decide("acceptHunk", "here"),
    reject: () => review.decide("rejectHunk", "here"),
    keepAll: () => review.decide("acceptHunk", "all"),
    rejectAll: () => review.decide("rejectHunk", "all"),
    nextChange: () => review.move("nextHunk"),
    previousChange: () => review.move("previousHunk"),
    resume: () => resume(server, chats),
    conversations: async () => conversations(server, chats, await folderMeant()),
    compact: () => server.run("compact", {}),
    undoCompact: () => server.run("undoCompact", {}),
    chooseModel: () => chooseModel(server),
    servers: async () => servers(server, await folderMeant()),
    trust: async () => trust(server, await folderMeant()),
    send: () => send(server),
    steer: (given) => steer(server, turns, given),
    interrupt: () => interrupt(server),
    terminals: () => terminals(server),
    approve: () => approvals.pick(),
    showDiff: () => turns.showDiff(),
    menu: () => menu(parts),
    login: () => server.run("login", { method: env.remoteName === undefined ? "browser" : "code" }), // a browser comes back to its own machine
    loginWithBrowser: () => server.run("login", { method: "browser" }), // where its machine's ports lead to the server's, as in WSL
    loginWithCode: () => server.run("login", { method: "code" }),
    logout: () => logout(server),
    account: () => account(server),
    restart: () => server.restart(),
    showLog: async () => log.show(),
  };
  return Disposable.from(
    ...Object.entries(all).map(([name, run]) =>
      commands.registerCommand(`codex.${name}`, async (given?: Given) => {
        try {
          await run(given ?? {});
        } catch (error) {
          void window.showErrorMessage(`Codex: ${plain(messageOf(error))}`);
        }
      }),
    ),
  );
}

async function ask(server: Server, given: Given): Promise<void> {
  const about = subjectOf(window.activeTextEditor) ?? (await folder());
  const prompt = about && (await promptFor("Ask Codex", about.label, given));
  if (prompt) {
    await server.run("ask", { ...about.params, prompt });
  }
}

async function askNew(server: Server, given: Given): Promise<void> {
  const editor = window.activeTextEditor;
  const where = folderOf(editor).cwd ?? (await folder())?.params.cwd;
  const about = subjectOf(editor);
  const prompt = await promptFor("Ask Codex in a New Conversation", about?.label ?? "", given);
  if (prompt) {
    const thread = await server.run("newThread", where === undefined ? {} : { cwd: where });
    const params = editor && isChat(editor.document.uri) ? {} : about?.params;
    await server.run("ask", { ...params, threadId: thread.threadId, prompt });
  }
}

async function resume(server: Server, chats: Chats): Promise<void> {
  const thread = await server.run("resume", await folderMeant());
  await chats.open({ threadId: thread.threadId });
}

/** What can be chosen beside the model, and the answers that there are to it. */
const choices = {
  effort: { title: "How Long It Thinks", values: ["none", "minimal", "low", "medium", "high", "xhigh"] },
  summary: { title: "How Much of Its Reasoning It Tells", values: ["auto", "concise", "detailed", "none"] },
  verbosity: { title: "How Long Its Answers Are", values: ["low", "medium", "high"] },
};

/** Chooses for one conversation. What is left empty is as the settings say. */
async function chooseModel(server: Server): Promise<void> {
  const now = await server.run("setModel", await folderMeant());
  const { threadId } = now;
  const model = await window.showInputBox({
    title: "The Model of This Conversation",
    value: now.model,
    prompt: "Empty for that of the settings",
  });
  if (model === undefined) {
    return;
  }
  const known = await server.run("setModel", { threadId, model: model.trim() });
  for (const part of ["effort", "summary", "verbosity"] as const) {
    const values = part === "effort" && known.efforts.length > 0 ? known.efforts : choices[part].values;
    const settings = { label: "As the settings say", value: "" };
    const items = values.map((value) => ({ label: value, value, ...(value === known[part] ? { description: "now" } : {}) }));
    const picked = await window.showQuickPick([settings, ...items], { title: choices[part].title });
    if (picked === undefined) {
      return;
    }
    await server.run("setModel", { threadId, [part]: picked.value });
  }
}

async function send(server: Server): Promise<void> {
  const document = window.activeTextEditor?.document;
  if (document === undefined || !isChat(document.uri)) {
    throw new Error("open a chat document first, by “Codex: Open Chat”");
  }
  await server.run("ask", { textDocument: { uri: document.uri.toString() } });
}

async function steer(server: Server, turns: Turns, given: Given): Promise<void> {
  if (turns.running.length === 0) {
    throw new Error("nothing runs that could be corrected; “Codex: Ask…” starts something");
  }
  const prompt = await promptFor("Correct the Running Turn", turns.running.at(-1)?.prompt ?? "", given);
  if (prompt) {
    await server.run("steer", { prompt });
  }
}

async function interrupt(server: Server): Promise<void> {
  const { interrupted } = await server.run("interrupt", {});
  if (!interrupted) {
    void window.showInformationMessage("Codex: nothing runs.");
  }
}

/** Lists the commands that were left running, and ends the one that is picked. */
async function terminals(server: Server): Promise<void> {
  const list = (await server.run("listTerminals", {})).filter(({ state }) => state !== "ended");
  if (list.length === 0) {
    void window.showInformationMessage("Codex: no command was left running.");
    return;
  }
  const picked = await window.showQuickPick(
    list.map(({ id, command, cwd, state }) => ({ label: plain(command), description: state, detail: cwd, id })),
    { title: "Codex: End a Background Command" },
  );
  if (picked !== undefined) {
    await server.run("killTerminal", { id: picked.id });
    void window.showInformationMessage(`Codex: ended: ${oneLine(picked.label)}`);
  }
}

async function logout(server: Server): Promise<void> {
  const { signedOut } = await server.run("logout", {});
  void window.showInformationMessage(signedOut ? "Codex: signed out." : "Codex: nobody was signed in.");
}

async function account(server: Server): Promise<void> {
  const how = await server.run("account", {});
  void window.showInformationMessage(`Codex: ${plain(wordsOf(how))}`);
}

function wordsOf(how: Account): string {
  switch (how.method) {
    case "none":
      return "nobody is signed in. “Codex: Sign In” does it.";
    case "apiKey":
    case "environment":
      return `an API key is used: ${how.key ?? ""}`;
    default:
      return [`signed in as ${how.email ?? "somebody"}`, how.plan && `(${how.plan})`, how.problem].filter(Boolean).join(" ");
  }
}

/** What the status item offers: what is urgent first, then the conversation, then everything else. */
async function menu({ server, turns, approvals }: Parts): Promise<void> {
  const runs = turns.running.length > 0;
  const up = server.state !== "stopped";
  const picked = await window.showQuickPick(
    [
      ...item(approvals.waiting > 0, `$(bell-dot) Answer Approvals… (${approvals.waiting})`, "approve"),
      ...item(runs, "$(debug-stop) Interrupt", "interrupt"),
      ...item(runs, "$(debug-reverse-continue) Correct the Running Turn…", "steer"),
      ...item(up, "$(comment) Ask…", "ask"),
      ...item(up, "$(comment-discussion) Open Chat", "openChat"),
      ...item(up && !runs, "$(discard) Undo the Last Turn's Changes", "undoTurn"),
      ...item(up, "$(diff) Show the Last Turn's Changes", "showDiff"),
      ...group(up, "Conversation"),
      ...item(up, "$(history) Conversations…", "conversations"),
      ...item(up && !runs, "$(fold) Summarise the Conversation", "compact"),
      ...item(up && !runs, "$(unfold) Take the Summary Back", "undoCompact"),
      ...item(up, "$(terminal) End a Background Command…", "terminals"),
      ...group(true, "Set-up"),
      ...item(up, "$(symbol-misc) Choose the Model…", "chooseModel"),
      ...item(up, "$(plug) MCP Servers…", "servers"),
      ...item(up, "$(workspace-trusted) Trust of the Project…", "trust"),
      ...item(up, "$(account) Sign In or Out…", "signing"),
      ...item(true, "$(debug-restart) Restart Server", "restart"),
      ...item(true, "$(output) Show Log", "showLog"),
    ],
    { title: "Codex" },
  );
  if (picked !== undefined) {
    await (picked.command === "signing" ? signing(server) : commands.executeCommand(`codex.${picked.command}`));
  }
}

type Entry = QuickPickItem & { command: string };

function item(when: boolean, label: string, command: string): Entry[] {
  return when ? [{ label, command }] : [];
}

function group(when: boolean, label: string): Entry[] {
  return when ? [{ label, command: "", kind: QuickPickItemKind.Separator }] : [];
}

/** Says who is signed in, and offers what can be done about it. */
async function signing(server: Server): Promise<void> {
  const how = await server.run("account", {});
  const picked = await window.showQuickPick(
    [
      ...item(true, "$(sign-in) Sign In", "login"),
      ...item(env.remoteName !== undefined, "$(browser) Sign In with a Browser", "loginWithBrowser"),
      ...item(true, "$(key) Sign In with a Code", "loginWithCode"),
      ...item(how.method !== "none" && how.method !== "environment", "$(sign-out) Sign Out", "logout"),
    ],
    { title: "Codex: Sign In or Out", placeHolder: wordsOf(how) },
  );
  if (picked !== undefined) {
    await commands.executeCommand(`codex.${picked.command}`);
  }
}

async function promptFor(title: string, about: string, given: Given): Promise<string | undefined> {
  const prompt =
    given.prompt ?? (await window.showInputBox({ title, prompt: about, placeHolder: "What should be done?", ignoreFocusOut: true }));
  return prompt?.trim();
}

interface Subject {
  label: string;
  params: AskParams;
}

/** What the user looks at goes along with a prompt: the selection, or else the file. */
function subjectOf(editor: TextEditor | undefined): Subject | undefined {
  if (editor === undefined || !["file", "untitled"].includes(editor.document.uri.scheme)) {
    return undefined;
  }
  const { document, selection } = editor;
  const textDocument = { uri: document.uri.toString() };
  const name = workspace.asRelativePath(document.uri);
  if (selection.isEmpty || isChat(document.uri)) {
    return { label: isChat(document.uri) ? "in this chat" : `about ${name}`, params: { textDocument } };
  }
  const { start, end } = selection;
  const label = `about lines ${start.line + 1}–${end.line + 1} of ${name}`;
  return { label, params: { textDocument, range: { start, end } } };
}

/** The folder to ask about when no file is looked at: the only one, or the user's choice. */
async function folder(): Promise<Subject | undefined> {
  const folders = workspace.workspaceFolders ?? [];
  const chosen = folders.length > 1 ? await window.showWorkspaceFolderPick() : folders[0];
  if (chosen === undefined) {
    return folders.length > 1 ? undefined : { label: "", params: {} }; // the server says what is missing
  }
  return { label: `about ${chosen.name}`, params: { cwd: chosen.uri.fsPath } };
}

/** The folder that a command without a prompt is about: the looked at file's, or else the user's choice. */
async function folderMeant(): Promise<{ cwd?: string }> {
  const cwd = folderOf(window.activeTextEditor).cwd ?? (await folder())?.params.cwd;
  return cwd === undefined ? {} : { cwd };
}

/** The workspace folder that a file is in. */
function folderOf(editor: TextEditor | undefined): { cwd?: string } {
  const found = editor && !isChat(editor.document.uri) ? workspace.getWorkspaceFolder(editor.document.uri) : undefined;
  return found === undefined ? {} : { cwd: found.uri.fsPath };
}
