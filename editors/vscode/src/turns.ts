// The turns that run, and the answers of those that have ended.

import { commands, type Disposable, EventEmitter, window } from "vscode";
import type { Chats } from "./chats";
import { plain } from "./notice";
import type { DiffUpdated, TurnCompleted, TurnStarted, UsageUpdated, Waiting, WaitReason } from "./protocol";
import type { Texts } from "./texts";

/** A turn that runs. */
export interface Turn {
  prompt: string;
  waitsFor: WaitReason;
  detail: string;
}

/** Notifications are cut by the editor at about this length. */
const maxAnswer = 600;

/** No more conversations go on after a restart. */
const maxThreads = 20;

const openChat = "Open Chat";
const showChanges = "Show Changes";

/** The turns that run, by id, and the last turn's diff. */
export class Turns implements Disposable {
  readonly #chats: Chats;
  readonly #texts: Texts;
  readonly #running = new Map<string, Turn>();
  readonly #changed = new EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #threads = new Set<string>();
  #diff = { turnId: "", text: "" };
  #usage: UsageUpdated | undefined;

  constructor(chats: Chats, texts: Texts) {
    this.#chats = chats;
    this.#texts = texts;
  }

  get running(): Turn[] {
    return [...this.#running.values()];
  }

  /** The threads that had a turn, the last one last. */
  get threads(): string[] {
    return [...this.#threads].slice(-maxThreads);
  }

  started(turn: TurnStarted): void {
    this.#threads.delete(turn.threadId);
    this.#threads.add(turn.threadId);
    this.#running.set(turn.turnId ?? "", { prompt: turn.prompt, waitsFor: "model", detail: "" });
    this.#changed.fire();
  }

  waiting(wait: Waiting): void {
    const turn = this.#running.get(wait.turnId ?? "");
    if (turn !== undefined) {
      turn.waitsFor = wait.reason;
      turn.detail = wait.detail ?? "";
      this.#changed.fire();
    }
  }

  used(usage: UsageUpdated): void {
    this.#usage = usage;
    this.#changed.fire();
  }

  /** How many tokens there were, and how much of the limits is used; one a line. */
  get usage(): string {
    const usage = this.#usage;
    if (usage === undefined) {
      return "";
    }
    const share = Math.round((100 * usage.contextTokens) / Math.max(usage.modelContextWindow, 1));
    const lines = [`${usage.tokenUsage.totalTokens.toLocaleString()} tokens, ${share} % of the context window`];
    for (const limit of usage.rateLimits ?? []) {
      const until = limit.resetsAt === undefined ? "" : ` until ${new Date(limit.resetsAt * 1000).toLocaleString()}`;
      lines.push(`${Math.round(limit.usedPercent)} % of the ${limit.name} limit used${until}`);
    }
    return lines.join("\n");
  }

  changed(diff: DiffUpdated): void {
    this.#diff = { turnId: diff.turnId ?? "", text: diff.diff };
  }

  /** A turn has ended. Why one has failed, the server tells; what one has answered, we do. */
  async completed(turn: TurnCompleted): Promise<void> {
    this.#running.delete(turn.turnId ?? "");
    this.#changed.fire();
    const answer = turn.answer?.trim() ?? "";
    if (turn.status !== "completed" || answer === "" || this.#chats.isVisible(turn.threadId)) {
      return;
    }
    const start = answer.length > maxAnswer ? `${answer.slice(0, maxAnswer)}…` : answer;
    const diff = this.#diff.turnId === turn.turnId ? this.#diff.text : ""; // a later turn's may take its place
    const buttons = diff === "" ? [openChat] : [openChat, showChanges];
    const picked = await window.showInformationMessage(`Codex: ${plain(start)}`, ...buttons);
    if (picked === openChat) {
      await commands.executeCommand("codex.openChat", { threadId: turn.threadId });
    } else if (picked === showChanges) {
      await this.#texts.show("changes of a turn", "diff", diff);
    }
  }

  /** Shows what the last turn that changed something has changed. */
  async showDiff(): Promise<void> {
    if (this.#diff.text === "") {
      void window.showInformationMessage("Codex: nothing was changed yet.");
      return;
    }
    await this.#texts.show("changes of the last turn", "diff", this.#diff.text);
  }

  /** The server is gone, and its turns with it. */
  forget(): void {
    this.#running.clear();
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
