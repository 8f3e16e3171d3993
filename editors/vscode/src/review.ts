// Review mode: what the agent changed is marked until it is kept or rejected. Where the marks are,
// the server says, again whenever they have moved; between the two, the editor moves them.

import {
  commands,
  type DecorationOptions,
  type DecorationRenderOptions,
  Disposable,
  MarkdownString,
  OverviewRulerLane,
  type Position,
  Range,
  type TextDocument,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  Uri,
  window,
} from "vscode";
import type { Server } from "./client";
import type { Hunk, MoveResult, ReviewMarks } from "./protocol";

type Kind = "added" | "changed" | "removed";

/** What a change removed is shown beside it up to this length, and all of it in its hover. */
const maxRemoved = 80;

/** Whether anything is marked: the keys of a review are there only then. */
const hasMarks = "codex.hasMarks";

/** The marks of each document, drawn in the editors that show it. */
export class Review implements Disposable {
  readonly #server: Server;
  readonly #marks = new Map<string, Hunk[]>();
  readonly #lines = lineDecorations();
  readonly #removed = window.createTextEditorDecorationType({
    after: { color: new ThemeColor("editorCodeLens.foreground"), fontStyle: "italic", margin: "0 0 0 3em" },
  });
  readonly #subscriptions: Disposable;

  constructor(server: Server) {
    this.#server = server;
    this.#subscriptions = Disposable.from(
      ...Object.values(this.#lines),
      this.#removed,
      window.onDidChangeVisibleTextEditors(() => this.draw()),
    );
  }

  marked({ uri, hunks }: ReviewMarks): void {
    const key = Uri.parse(uri, true).toString(); // as VS Code spells it
    if (hunks.length === 0) {
      this.#marks.delete(key);
    } else {
      this.#marks.set(key, hunks);
    }
    this.draw(key);
  }

  /** Decides the change at the cursor, or all of the file. */
  async decide(command: "acceptHunk" | "rejectHunk", which: "here" | "all"): Promise<void> {
    const { textDocument, position } = here();
    const { hunks } = await this.#server.run(command, which === "all" ? { textDocument } : { textDocument, position });
    if (hunks === 0) {
      void window.showInformationMessage("Codex: no change waits for review in this file.");
    }
  }

  /** Goes to another change. The server has it shown. */
  async move(command: "nextHunk" | "previousHunk"): Promise<void> {
    const found: MoveResult | null = await this.#server.run(command, here());
    if (found === null) {
      void window.showInformationMessage("Codex: no change waits for review.");
    }
  }

  /** The server is gone, and with it what it can take back. */
  forget(): void {
    this.#marks.clear();
    this.draw();
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  /** Draws the marks of one document, or of all. */
  private draw(key?: string): void {
    for (const editor of window.visibleTextEditors) {
      const uri = editor.document.uri.toString();
      if (key === undefined || key === uri) {
        this.drawIn(editor, this.#marks.get(uri) ?? []);
      }
    }
    void commands.executeCommand("setContext", hasMarks, this.#marks.size > 0);
  }

  private drawIn(editor: TextEditor, hunks: Hunk[]): void {
    const { document } = editor;
    for (const [kind, type] of Object.entries(this.#lines)) {
      editor.setDecorations(
        type,
        hunks.filter((hunk) => kindOf(hunk) === kind).map((hunk) => linesOf(hunk, document)),
      );
    }
    editor.setDecorations(
      this.#removed,
      hunks.filter(({ removed }) => removed !== "").map((hunk) => removedBy(hunk, document)),
    );
  }
}

function here(): { textDocument: { uri: string }; position: Position } {
  const editor = window.activeTextEditor;
  if (editor === undefined) {
    throw new Error("open the file first whose changes you want to review");
  }
  return { textDocument: { uri: editor.document.uri.toString() }, position: editor.selection.active };
}

function kindOf({ removed, added }: Hunk): Kind {
  return removed === "" ? "added" : added === "" ? "removed" : "changed";
}

/** A hunk's lines; a removal is at the line that it was above, which may not be there. */
function linesOf({ range: { start, end } }: Hunk, document: TextDocument): Range {
  const first = Math.min(start.line, document.lineCount - 1);
  return new Range(first, 0, Math.max(first, end.line - 1), 0);
}

/** What a hunk removed, at the end of its first line; all of it when that is pointed at. */
function removedBy(hunk: Hunk, document: TextDocument): DecorationOptions {
  const [first = "", ...others] = hunk.removed.trim().split(/\r?\n/);
  const text = first.length > maxRemoved ? `${first.slice(0, maxRemoved)}…` : first;
  const more = others.length > 0 ? ` … and ${others.length} more` : "";
  return {
    range: document.lineAt(linesOf(hunk, document).start).range,
    hoverMessage: new MarkdownString("Codex removed").appendCodeblock(hunk.removed.trimEnd(), document.languageId),
    renderOptions: { after: { contentText: `− ${text}${more}` } },
  };
}

function lineDecorations(): Record<Kind, TextEditorDecorationType> {
  const decoration = (name: string, look: DecorationRenderOptions) =>
    window.createTextEditorDecorationType({
      ...look,
      isWholeLine: true,
      borderColor: new ThemeColor(`editorGutter.${name}Background`),
      borderStyle: "solid",
      overviewRulerColor: new ThemeColor(`editorOverviewRuler.${name}Foreground`),
      overviewRulerLane: OverviewRulerLane.Left,
    });
  const backgroundColor = new ThemeColor("diffEditor.insertedLineBackground");
  return {
    added: decoration("added", { backgroundColor, borderWidth: "0 0 0 2px" }),
    changed: decoration("modified", { backgroundColor, borderWidth: "0 0 0 2px" }),
    removed: decoration("deleted", { borderWidth: "1px 0 0 0" }),
  };
}
