// Texts to look at that are in no file: what is to be approved, and what a turn changed.

import { type Disposable, EventEmitter, languages, type TextDocumentContentProvider, Uri, ViewColumn, window, workspace } from "vscode";

const scheme = "codex";

/** Shows texts as read-only documents, each under a name of its own. */
export class Texts implements TextDocumentContentProvider, Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new EventEmitter<Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #registration = workspace.registerTextDocumentContentProvider(scheme, this);

  provideTextDocumentContent(uri: Uri): string {
    return this.#texts.get(uri.path) ?? "";
  }

  /** Shows a text beside the editor, which keeps the focus. */
  async show(name: string, language: string, text: string): Promise<void> {
    const uri = uriOf(name);
    this.#texts.set(uri.path, text);
    this.#changed.fire(uri);
    const document = await languages.setTextDocumentLanguage(await workspace.openTextDocument(uri), language);
    await window.showTextDocument(document, { viewColumn: ViewColumn.Beside, preserveFocus: true, preview: true });
  }

  /** Closes a text, if it is shown. */
  async close(name: string): Promise<void> {
    const uri = uriOf(name);
    if (!this.#texts.delete(uri.path)) {
      return;
    }
    const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
    await window.tabGroups.close(
      tabs.filter((tab) => isOf(tab.input, uri)),
      true,
    );
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}

function uriOf(name: string): Uri {
  return Uri.from({ scheme, path: `/${name}` });
}

function isOf(input: unknown, uri: Uri): boolean {
  const shown = (input as { uri?: Uri } | undefined)?.uri;
  return shown?.toString() === uri.toString();
}
