// The server's edits of a document that the user types in.

import { type Disposable, Range, type TextDocument, type TextDocumentChangeEvent, Uri, WorkspaceEdit, workspace } from "vscode";
import { type ApplyWorkspaceEditParams, type ApplyWorkspaceEditResult, TextDocumentEdit, TextEdit } from "vscode-languageclient/node";
import { carry, type Replacement } from "./carry";

/** How long an edit is tried for, in milliseconds: less than the server looks for one that it gave up. */
const patience = 2000;

/** How long the editor is waited for that has refused an edit, and for no key. */
const pause = 100;

/** How many changes of a document are remembered. */
const most = 500;

/** What was changed in a document: from one version to the next. */
interface Step {
  from: number;
  to: number;
  changes: readonly Replacement[];
}

/** What is remembered of a document. */
interface Past {
  version: number;
  steps: Step[];
}

/**
 * Makes the server's edits. One for a text that the user has typed in since is carried over to what
 * is there now, and tried again with the next key, until the editor takes it: it refuses an edit that
 * a key has overtaken. Where the user has typed in the edit's own place, the server hears that it was
 * not made.
 */
export class Landing implements Disposable {
  readonly #subscriptions: Disposable[];
  readonly #pasts = new Map<TextDocument, Past>();
  readonly #changed = new Set<(document: TextDocument) => void>();

  constructor() {
    this.#subscriptions = [
      workspace.onDidOpenTextDocument((document) => this.begin(document)),
      workspace.onDidChangeTextDocument((event) => this.note(event)),
      workspace.onDidCloseTextDocument((document) => this.#pasts.delete(document)),
    ];
    for (const document of workspace.textDocuments) {
      this.begin(document);
    }
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) {
      subscription.dispose();
    }
  }

  /** Makes an edit, and tells whether it is there; undefined is for those that it leaves to others. */
  async apply(params: ApplyWorkspaceEditParams): Promise<ApplyWorkspaceEditResult | undefined> {
    const edit = onlyEdit(params);
    const document = workspace.textDocuments.find((open) => open.uri.toString() === edit?.uri.toString());
    if (edit === undefined || document === undefined) {
      return undefined;
    }
    const began = Date.now();
    let { version, replaced } = edit;
    while (Date.now() - began < patience) {
      if (document.isClosed) {
        return { applied: false, failureReason: "it was closed" };
      }
      const carried = this.carried(document, version, replaced);
      if (carried === undefined) {
        return { applied: false, failureReason: "its place was typed in" };
      }
      ({ version } = document);
      replaced = carried;
      const made = new WorkspaceEdit();
      for (const { range, text } of replaced) {
        made.replace(edit.uri, new Range(range.start.line, range.start.character, range.end.line, range.end.character), text);
      }
      if (await workspace.applyEdit(made, { isRefactoring: params.metadata?.isRefactoring ?? false })) {
        return { applied: true };
      }
      if (document.version === version && !(await this.key(document))) {
        return { applied: false }; // it is not for a key that it was refused
      }
    }
    return { applied: false, failureReason: "keys have come between all the time" };
  }

  /** The edits of an earlier version, for the one that is there now. */
  private carried(document: TextDocument, version: number, edits: Replacement[]): Replacement[] | undefined {
    let carried: Replacement[] | undefined = edits;
    let at = version;
    for (const step of this.#pasts.get(document)?.steps ?? []) {
      if (step.to <= at) {
        continue;
      }
      if (step.from > at) {
        return undefined;
      }
      for (const change of step.changes) {
        carried = carried && carry(carried, change);
      }
      at = step.to;
    }
    return at === document.version ? carried : undefined;
  }

  /** Waits for a change of a document, and tells whether one came. */
  private key(document: TextDocument): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (came: boolean) => {
        clearTimeout(timer);
        this.#changed.delete(changed);
        resolve(came);
      };
      const changed = (its: TextDocument) => its === document && done(true);
      const timer = setTimeout(() => done(false), pause);
      this.#changed.add(changed);
    });
  }

  private begin(document: TextDocument): void {
    this.#pasts.set(document, { version: document.version, steps: [] });
  }

  private note({ document, contentChanges }: TextDocumentChangeEvent): void {
    const past = this.#pasts.get(document);
    if (past === undefined || document.version === past.version) {
      return;
    }
    past.steps.push({ from: past.version, to: document.version, changes: contentChanges });
    past.version = document.version;
    if (past.steps.length > most) {
      past.steps.shift();
    }
    for (const changed of [...this.#changed]) {
      changed(document);
    }
  }
}

/** The edit of one open document's text, if that is all that is asked. */
function onlyEdit({ edit }: ApplyWorkspaceEditParams): { uri: Uri; version: number; replaced: Replacement[] } | undefined {
  const [only, ...others] = edit.documentChanges ?? [];
  if (only === undefined || others.length > 0 || !TextDocumentEdit.is(only) || only.textDocument.version === null) {
    return undefined;
  }
  if (!only.edits.every((part): part is TextEdit => TextEdit.is(part) && !("annotationId" in part))) {
    return undefined;
  }
  const replaced = only.edits.map(({ range, newText }) => ({ range, text: newText }));
  return { uri: Uri.parse(only.textDocument.uri, true), version: only.textDocument.version, replaced };
}
