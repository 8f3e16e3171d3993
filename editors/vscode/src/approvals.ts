// What waits for the user's answer: asked in a notification, answered there or in a picker.
//
// A notification cannot be taken back, and shows at most a thousand characters in one line. So an
// answer goes to the question by its id, which a question settled meanwhile refuses; and what does
// not fit is approved only where it is shown whole.

import { basename } from "node:path";
import { type Disposable, EventEmitter, type QuickPickItem, window, workspace } from "vscode";
import type { ShowMessageRequestParams } from "vscode-languageclient/node";
import { messageOf, type Server } from "./client";
import { fillIn } from "./forms";
import { fits, headOf, iconless, oneLine, plain } from "./notice";
import type { Decision, Question } from "./protocol";
import type { Texts } from "./texts";

const labels: Record<Decision, string> = {
  approved: "Approve",
  approvedForSession: "Approve for this session",
  approvedWithRule: "Approve always",
  declined: "Decline",
  abort: "Decline and stop",
  distrusted: "Never trust",
};

/** What the same answer is called where it means something else. */
const otherwise: Partial<Record<Question["kind"], Partial<Record<Decision, string>>>> = {
  form: { approved: "Fill In…" },
  url: { approved: "Open Page" },
  trust: { approved: "Trust" },
};

/** How the whole of a question is shown. */
const languages: Partial<Record<Question["kind"], string>> = { patch: "diff", command: "shellscript", mcpToolCall: "json" };

const more = "More…";
const look = "Show…";

/** The questions that are open, by id; and a picker at most, in which one of them is answered. */
export class Approvals implements Disposable {
  readonly #server: Server;
  readonly #texts: Texts;
  readonly #open = new Map<string, Question>();
  readonly #changed = new EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  #picker: { id: string; hide(): void } | undefined;

  constructor(server: Server, texts: Texts) {
    this.#server = server;
    this.#texts = texts;
  }

  get waiting(): number {
    return this.#open.size;
  }

  /** Whether a prompt of the server's asks for an approval, which comes as a question as well. */
  draws(prompt: ShowMessageRequestParams): boolean {
    return prompt.actions?.[0]?.title === labels.approved;
  }

  /** A question was put to the user. A change is shown while it waits, if the user wants that. */
  async requested(question: Question): Promise<void> {
    this.#open.set(question.id, question);
    this.#changed.fire();
    const shown = question.kind === "patch" && workspace.getConfiguration("codex").get<boolean>("showChanges", true);
    if (shown) {
      void this.show(question);
    }
    const picked = await window.showWarningMessage(textOf(question), ...buttonsOf(question, shown));
    const decision = question.decisions.find((d) => labelOf(question, d) === picked);
    if (decision !== undefined) {
      await this.decide(question, decision);
    } else if (picked !== undefined) {
      await this.answer(question);
    } // closed, not answered: the status item still counts it
  }

  /** A question is settled, here or elsewhere. */
  async resolved(id: string): Promise<void> {
    const question = this.#open.get(id);
    if (question === undefined) {
      return;
    }
    this.#open.delete(id);
    this.#changed.fire();
    if (this.#picker?.id === id) {
      this.#picker.hide();
    }
    await this.#texts.close(nameOf(question));
  }

  /** The server is gone, and with it what it asked. */
  async forget(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.resolved(id)));
  }

  /** The command: answers what waits, the user chooses what first. */
  async pick(): Promise<void> {
    const waiting = await this.#server.run("listApprovals", {});
    const first = waiting[0];
    if (first === undefined) {
      void window.showInformationMessage("Codex: nothing waits for an answer.");
      return;
    }
    const items = waiting.map((question) => ({ label: iconless(question.title), description: iconless(question.cwd ?? ""), question }));
    const chosen =
      waiting.length === 1 ? { question: first } : await window.showQuickPick(items, { title: "Codex: Waiting for an Answer" });
    if (chosen !== undefined) {
      await this.answer(chosen.question);
    }
  }

  dispose(): void {
    this.#picker?.hide();
    this.#changed.dispose();
  }

  /** Shows the whole of a question beside what is edited. */
  private async show(question: Question): Promise<void> {
    await this.#texts.show(nameOf(question), languages[question.kind] ?? "plaintext", question.detail);
  }

  /** Shows the whole of a question, and lets the user choose among all answers to it. */
  private async answer(question: Question): Promise<void> {
    if (this.isLate(question)) {
      return;
    }
    if (question.kind !== "form") {
      await this.show(question);
    }
    if (this.isLate(question)) {
      return;
    }
    const choice = await this.choose(question);
    if (choice === undefined) {
      return;
    }
    const message = choice.instead ? await window.showInputBox({ title: "Codex: What Instead?", ignoreFocusOut: true }) : undefined;
    if (choice.instead && message === undefined) {
      return;
    }
    await this.decide(question, choice.decision, message);
  }

  /** Whether a question is settled already, of which the user is told. */
  private isLate(question: Question): boolean {
    const late = !this.#open.has(question.id);
    if (late) {
      void window.showInformationMessage(`Codex: too late, this was settled already: ${oneLine(question.title)}`);
    }
    return late;
  }

  private choose(question: Question): Promise<Choice | undefined> {
    const picker = window.createQuickPick<Choice>();
    picker.title = question.title;
    picker.placeholder = reasonsOf(question).join(" — ");
    picker.items = choicesOf(question);
    picker.ignoreFocusOut = true; // the user may want to read the whole of it
    const own = { id: question.id, hide: () => picker.hide() };
    this.#picker = own;
    return new Promise((resolve) => {
      picker.onDidAccept(() => {
        resolve(picker.selectedItems[0]);
        picker.hide();
      });
      picker.onDidHide(() => {
        resolve(undefined);
        if (this.#picker === own) {
          this.#picker = undefined; // else another's, whose opening has hidden this one
        }
        picker.dispose();
      });
      picker.show();
    });
  }

  private async decide(question: Question, decision: Decision, message?: string): Promise<void> {
    try {
      const content = question.kind === "form" && decision === "approved" ? await fillIn(question) : {};
      if (content === undefined) {
        return; // it waits on
      }
      const said = { ...(message ? { message } : {}), ...(question.kind === "form" ? { content } : {}) };
      const standing = await this.#server.run("approve", { id: question.id, decision, ...said });
      if (!standing.accepted) {
        void window.showInformationMessage(`Codex: too late, this was settled already (${standing.decision}): ${oneLine(question.title)}`);
      }
    } catch (error) {
      void window.showErrorMessage(`Codex: ${plain(messageOf(error))}`);
    }
  }
}

interface Choice extends QuickPickItem {
  decision: Decision;
  /** The user says what to do instead. */
  instead: boolean;
}

function choicesOf(question: Question): Choice[] {
  return question.decisions.flatMap((decision) => {
    const detail = decision === "approvedWithRule" ? question.proposal?.map(iconless).join("; ") : undefined;
    const choice = { label: labelOf(question, decision), decision, instead: false, ...(detail === undefined ? {} : { detail }) };
    return decision === "declined" ? [choice, { label: "Decline, and say what to do instead…", decision, instead: true }] : [choice];
  });
}

function labelOf({ kind }: Question, decision: Decision): string {
  return otherwise[kind]?.[decision] ?? labels[decision];
}

/** What a notification offers. A command that it does not show whole cannot be approved there. */
function buttonsOf(question: Question, shown: boolean): string[] {
  if (question.kind === "form") {
    return [labelOf(question, "approved"), labels.declined];
  }
  if (question.kind === "patch") {
    return [labels.approved, labels.declined, shown ? more : look];
  }
  return fits(question) ? [labels.approved, labels.declined, more] : [look, labels.declined];
}

function textOf(question: Question): string {
  return `Codex: ${[headOf(question), ...reasonsOf(question).map(oneLine)].join(" — ")}`;
}

/** What the model says for it, and what the policy says of it. */
function reasonsOf({ reason, policy }: Question): string[] {
  return [reason, policy].filter((text) => text !== undefined);
}

/** What the text of a question is named by: the tab shows the last part. */
function nameOf({ id, kind, files = [] }: Question): string {
  const [first = ""] = files;
  const change = files.length === 1 ? basename(first) : `${files.length} files`;
  return `${id.replaceAll("/", " ")}/${kind === "patch" ? `change of ${change}` : kind} to approve`;
}
