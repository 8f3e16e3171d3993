// What the server says, each message handed to the part that it is about.

import { CancellationTokenSource, commands, Uri, window } from "vscode";
import {
  type LanguageClient,
  MessageType,
  ShowMessageNotification,
  type ShowMessageParams,
  ShowMessageRequest,
  type ShowMessageRequestParams,
} from "vscode-languageclient/node";
import { isChat, showChat } from "./chats";
import type { Watcher } from "./client";
import type { Parts } from "./commands";
import { reload, save } from "./documents";
import type { Landing } from "./landing";
import { plain } from "./notice";
import * as protocol from "./protocol";

const restart = "Restart Server";
const showLog = "Show Log";
const settings = "Open Settings";

/** Listens for the parts, which the server that they need is made before. */
export function listener(landing: Landing, parts: () => Parts): Watcher {
  return {
    middleware: {
      workspace: {
        handleApplyEdit: async (params, next) => (await landing.apply(params)) ?? next(params, never),
      },
      window: {
        showDocument: async (params, token, next) => {
          const uri = Uri.parse(params.uri, true);
          if (!isChat(uri)) {
            return next(params, token);
          }
          await showChat(uri, params.takeFocus ?? false);
          return { success: true };
        },
      },
    },
    connecting: (client) => listen(client, parts()),
    threads: () => parts().turns.threads,
    lost: (problem) => void offer(window.showWarningMessage, `a conversation does not go on: ${problem}`, showLog),
    failed: (problem) => void offer(window.showErrorMessage, problem, settings, restart, showLog),
    crashed: (how, again) => {
      const what = `codex-lsp has ended (${how}).`;
      void (again
        ? offer(window.showWarningMessage, `${what} It is started again, and its conversations go on.`, showLog)
        : offer(window.showErrorMessage, `${what} It has ended too often to be started again by itself.`, restart, showLog));
    },
  };
}

function listen(client: LanguageClient, { turns, approvals, review }: Parts): void {
  client.onNotification(protocol.turnStarted, (turn) => turns.started(turn));
  client.onNotification(protocol.turnWaiting, (wait) => turns.waiting(wait));
  client.onNotification(protocol.usageUpdated, (usage) => turns.used(usage));
  client.onNotification(protocol.diffUpdated, (diff) => turns.changed(diff));
  client.onNotification(protocol.turnCompleted, (turn) => void turns.completed(turn));
  client.onNotification(protocol.approvalRequested, ({ question }) => void approvals.requested(question));
  client.onNotification(protocol.approvalResolved, ({ id }) => void approvals.resolved(id));
  client.onNotification(protocol.reviewMarks, (marks) => review.marked(marks));
  client.onRequest(protocol.saveDocuments, save);
  client.onRequest(protocol.reloadDocuments, reload);
  client.onNotification(ShowMessageNotification.type, tell);
  client.onRequest(ShowMessageRequest.type, (message) => (approvals.draws(message) ? null : ask(message)));
}

/** A prompt of the server's that is no approval. */
function ask({ message, actions }: ShowMessageRequestParams) {
  return window.showInformationMessage(plain(message), ...(actions ?? []));
}

/** What the server wants the user to read. It may repeat what a model or its provider has said. */
function tell({ type, message }: ShowMessageParams): void {
  const show = { [MessageType.Error]: window.showErrorMessage, [MessageType.Warning]: window.showWarningMessage }[type as number];
  void (show ?? window.showInformationMessage)(plain(message));
}

const never = new CancellationTokenSource().token;

type Show = (message: string, ...buttons: string[]) => Thenable<string | undefined>;

/** Says something, and what can be done about it. */
async function offer(show: Show, message: string, ...buttons: string[]): Promise<void> {
  switch (await show(`Codex: ${plain(message)}`, ...buttons)) {
    case restart:
      return commands.executeCommand("codex.restart");
    case showLog:
      return commands.executeCommand("codex.showLog");
    case settings:
      return commands.executeCommand("workbench.action.openSettings", "codex.server.path");
  }
}
