// The status item: what Codex does now, in a word; a click says what can be done.

import { Disposable, StatusBarAlignment, ThemeColor, window } from "vscode";
import type { Approvals } from "./approvals";
import type { Server } from "./client";
import type { WaitReason } from "./protocol";
import type { Turns } from "./turns";

const doing: Record<WaitReason, string> = {
  "": "works",
  connect: "connects",
  model: "thinks",
  stream: "answers",
  retry: "tries again",
  limit: "is rate limited",
  approval: "waits for you",
  command: "runs a command",
  edit: "edits",
  servers: "starts MCP servers",
  hook: "runs hooks",
};

/** Shows the state of the server, its turns and what waits for an answer. */
export function statusItem(server: Server, turns: Turns, approvals: Approvals): Disposable {
  const item = window.createStatusBarItem("codex", StatusBarAlignment.Left, 0);
  item.name = "Codex";
  item.command = "codex.menu";
  const draw = () => {
    const state = stateOf(server, turns, approvals.waiting);
    item.text = state.text;
    item.tooltip = state.tooltip;
    item.backgroundColor = state.color === undefined ? undefined : new ThemeColor(`statusBarItem.${state.color}Background`);
  };
  draw();
  item.show();
  return Disposable.from(item, server.onDidChangeState(draw), turns.onDidChange(draw), approvals.onDidChange(draw));
}

interface State {
  text: string;
  tooltip: string;
  color?: "warning" | "error";
}

function stateOf(server: Server, turns: Turns, waiting: number): State {
  if (server.state === "stopped") {
    return { text: "$(error) Codex stopped", tooltip: "codex-lsp is not running", color: "error" };
  }
  if (waiting > 0) {
    const text = `$(bell-dot) Codex: ${waiting} to approve`;
    return { text, tooltip: "Codex waits for your answer", color: "warning" };
  }
  const running = turns.running;
  const turn = running.at(-1); // its progress turns beside the item
  if (server.state === "starting" || turn === undefined) {
    const state = server.state === "starting" ? "codex-lsp is starting" : "Codex is ready";
    return { text: "$(hubot) Codex", tooltip: [state, turns.usage].filter(Boolean).join("\n") };
  }
  const others = running.length > 1 ? ` and ${running.length - 1} more` : "";
  return {
    text: `$(hubot) Codex ${doing[turn.waitsFor]}${others}`,
    tooltip: [turn.prompt, turn.detail, turns.usage].filter(Boolean).join("\n"),
  };
}
