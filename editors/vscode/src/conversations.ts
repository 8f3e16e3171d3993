// Saved conversations: listed, searched, and what can be done with one.

import { env, type QuickPickItem, QuickPickItemKind, window, workspace } from "vscode";
import type { Chats } from "./chats";
import type { Server } from "./client";
import { iconless, oneLine } from "./notice";
import type { Session, SessionFilter } from "./protocol";

/** What is chosen in the list of conversations. */
interface Item extends QuickPickItem {
  session?: Session;
  run?(): Promise<void>;
}

/** Lists the conversations about a folder, all or the archived ones, and asks what to do with one. */
export async function conversations(server: Server, chats: Chats, filter: SessionFilter, after?: string): Promise<void> {
  const page = await server.run("listSessions", { ...filter, ...(after === undefined ? {} : { after }) });
  const others: Item[] = [{ label: "$(search) Search What Was Said…", run: () => search(server, chats, filter) }];
  if (!filter.all) {
    others.push({ label: "$(folder-library) All Folders…", run: () => conversations(server, chats, { ...filter, all: true }) });
  }
  if (!filter.archived) {
    others.push({ label: "$(archive) Archived…", run: () => conversations(server, chats, { ...filter, archived: true }) });
  }
  const { next } = page;
  if (next) {
    others.push({ label: "$(chevron-down) Earlier Ones…", run: () => conversations(server, chats, filter, next) });
  }
  const title = `Codex: ${filter.archived ? "Archived Conversations" : "Conversations"}${filter.all ? " About All Folders" : ""}`;
  const placeHolder = page.threads.length === 0 ? "There is none yet" : "Choose one to open it, or to do something else with it";
  const items = page.threads.map((session) => itemOf(session, filter.all === true));
  await choose(server, chats, title, placeHolder, [...items, separator, ...others]);
}

/** Finds conversations by what was said in them. */
async function search(server: Server, chats: Chats, filter: SessionFilter): Promise<void> {
  const text = await window.showInputBox({
    title: "Codex: Search Conversations",
    placeHolder: "Words that were said",
    ignoreFocusOut: true,
  });
  if (!text?.trim()) {
    return;
  }
  const { hits, more } = await server.run("searchSessions", { ...filter, text });
  const placeHolder = hits.length === 0 ? "Nothing was found" : more ? "The newest; more words find fewer" : "Choose one";
  const items = hits.map((hit) => ({ ...itemOf(hit, filter.all === true), detail: iconless(oneLine(hit.excerpt)), alwaysShow: true }));
  await choose(server, chats, `Codex: Conversations With “${oneLine(text)}”`, placeHolder, items);
}

async function choose(server: Server, chats: Chats, title: string, placeHolder: string, items: Item[]): Promise<void> {
  const picked = await window.showQuickPick(items, { title, placeHolder, matchOnDescription: true, matchOnDetail: true });
  if (picked?.run !== undefined) {
    await picked.run();
  } else if (picked?.session !== undefined) {
    await act(server, chats, picked.session);
  }
}

/** Asks what to do with a conversation, and does it. */
async function act(server: Server, chats: Chats, session: Session): Promise<void> {
  const { threadId } = session;
  const open = async () => {
    if (session.archived) {
      await server.run("archiveThread", { threadId, back: true });
    }
    const thread = await server.run("resume", { threadId });
    await chats.open({ threadId: thread.threadId });
  };
  const actions: { label: string; run(): Promise<unknown> }[] = [
    { label: session.archived ? "$(inbox) Bring Back and Open" : "$(comment-discussion) Open", run: open },
    { label: "$(repo-forked) Fork: Go On in a Copy", run: () => fork(server, chats, threadId) },
    { label: "$(edit) Rename…", run: () => rename(server, session) },
    { label: "$(markdown) Export as Markdown", run: () => exported(server, threadId) },
    { label: "$(copy) Copy Its ID", run: async () => env.clipboard.writeText(threadId) },
    ...(session.archived ? [] : [{ label: "$(archive) Archive", run: () => archive(server, session) }]),
    { label: "$(trash) Delete…", run: () => remove(server, session) },
  ];
  const picked = await window.showQuickPick(actions, { title: nameOf(session) });
  await picked?.run();
}

async function fork(server: Server, chats: Chats, threadId: string): Promise<void> {
  const copy = await server.run("forkThread", { threadId });
  await chats.open({ threadId: copy.threadId });
}

async function rename(server: Server, session: Session): Promise<void> {
  const name = await window.showInputBox({ title: "Rename the Conversation", value: session.title, ignoreFocusOut: true });
  if (name?.trim()) {
    await server.run("renameThread", { threadId: session.threadId, name });
    done(`the conversation is called “${name.trim()}”`);
  }
}

async function archive(server: Server, session: Session): Promise<void> {
  await server.run("archiveThread", { threadId: session.threadId });
  done(`archived: ${nameOf(session)}`);
}

/** Shows a conversation as a document that is nobody's: where it is saved, the user says. */
async function exported(server: Server, threadId: string): Promise<void> {
  const { markdown = "" } = await server.run("exportThread", { threadId });
  await window.showTextDocument(await workspace.openTextDocument({ language: "markdown", content: markdown }));
}

async function remove(server: Server, session: Session): Promise<void> {
  const sure = "$(trash) Delete for Good";
  const picked = await window.showQuickPick(["Keep It", sure], {
    title: `Delete “${nameOf(session)}”?`,
    placeHolder: "It cannot be brought back",
  });
  if (picked === sure) {
    await server.run("deleteThread", { threadId: session.threadId, confirmed: true });
    done(`deleted: ${nameOf(session)}`);
  }
}

function done(what: string): void {
  void window.showInformationMessage(`Codex: ${oneLine(what)}`);
}

const separator: Item = { label: "", kind: QuickPickItemKind.Separator };

function nameOf(session: Session): string {
  return oneLine(session.title) || "A conversation without a prompt";
}

function itemOf(session: Session, withFolder: boolean): Item {
  const by = session.program === "codex-lsp" ? "" : `, by ${session.program}`;
  const description = `${ago(Date.now() - Date.parse(session.written))}${session.forkedFrom ? ", a copy" : ""}${by}`;
  return {
    label: iconless(nameOf(session)),
    description: iconless(description),
    ...(withFolder ? { detail: iconless(session.cwd) } : {}),
    session,
  };
}

/** How long ago something was, in the largest unit that there is one of. */
function ago(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  const units: [number, string][] = [
    [60 * 24 * 365, "year"],
    [60 * 24 * 30, "month"],
    [60 * 24, "day"],
    [60, "hour"],
    [1, "minute"],
  ];
  for (const [size, unit] of units) {
    const n = Math.floor(minutes / size);
    if (n > 0) {
      return `${n} ${unit}${n === 1 ? "" : "s"} ago`;
    }
  }
  return "just now";
}
