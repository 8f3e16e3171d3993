// Texts to look at that are in no file: what is to be approved, and what a turn changed.

import {
  Disposable,
  EventEmitter,
  languages,
  TabInputText,
  type TextDocumentContentProvider,
  Uri,
  ViewColumn,
  window,
  workspace,
} from "vscode";

const scheme = "codex";

/** Shows texts as read-only documents, each under a name of its own. */
export class Texts implements TextDocumentContentProvider, Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new EventEmitter<Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #subscriptions = Disposable.from(
    this.#changed,
    workspace.registerTextDocumentContentProvider(scheme, this),
    window.tabGroups.onDidChangeTabs(() => void this.sweep()),
  );

  constructor() {
    void this.sweep();
  }

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

  /** Closes a text, also one that is only about to be shown. */
  async close(name: string): Promise<void> {
    if (this.#texts.delete(uriOf(name).path)) {
      await this.sweep();
    }
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  /** Closes what is shown and was closed meanwhile, or comes from another session. */
  private async sweep(): Promise<void> {
    const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
    const stale = tabs.filter(
      ({ input }) => input instanceof TabInputText && input.uri.scheme === scheme && !this.#texts.has(input.uri.path),
    );
    await window.tabGroups.close(stale, true);
  }
}

function uriOf(name: string): Uri {
  return Uri.from({ scheme, path: `/${name}` });
}
