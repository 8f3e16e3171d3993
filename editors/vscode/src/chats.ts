// Chat documents: Markdown files that the server fills. They are shown beside what is edited.

import { Range, Uri, ViewColumn, window, workspace } from "vscode";
import type { Server } from "./client";
import { chatSuffix } from "./protocol";

export function isChat(uri: Uri): boolean {
  return uri.path.endsWith(chatSuffix);
}

/** The chat documents that were opened, by thread. */
export class Chats {
  readonly #server: Server;
  readonly #documents = new Map<string, string>();

  constructor(server: Server) {
    this.#server = server;
  }

  /** Opens a chat. The server then asks for its document to be shown. */
  async open(which: { threadId?: string; cwd?: string }): Promise<void> {
    const chat = await this.#server.run("openChat", which);
    this.#documents.set(chat.threadId, chat.uri);
  }

  /** Whether the user sees a thread's answers come. */
  isVisible(threadId: string): boolean {
    const uri = this.#documents.get(threadId);
    return uri !== undefined && editorOf(Uri.parse(uri)) !== undefined;
  }
}

/** Shows a chat document, its end, where the next prompt goes. */
export async function showChat(uri: Uri, takeFocus: boolean): Promise<void> {
  const document = await workspace.openTextDocument(uri);
  const { end } = document.lineAt(document.lineCount - 1).range;
  await window.showTextDocument(document, {
    viewColumn: (editorOf(uri) ?? window.visibleTextEditors.find((editor) => isChat(editor.document.uri)))?.viewColumn ?? ViewColumn.Beside,
    preserveFocus: !takeFocus,
    preview: false,
    selection: new Range(end, end), // from the start: the user may type at once
  });
}

function editorOf(uri: Uri) {
  return window.visibleTextEditors.find((editor) => editor.document.uri.toString() === uri.toString());
}
