// MCP servers: where they stand, and signing in to one. And whether the project is trusted, whose
// settings may name some.

import { type QuickPickItem, window } from "vscode";
import type { Server } from "./client";
import { iconless, oneLine } from "./notice";
import type { McpServer } from "./protocol";

const icons: Record<McpServer["state"], string> = {
  ready: "$(pass-filled)",
  starting: "$(loading~spin)",
  failed: "$(error)",
  idle: "$(circle-outline)",
  disabled: "$(circle-slash)",
};

/** Lists the MCP servers, and signs in to the one that is picked, or says what is wrong with it. */
export async function servers(server: Server, cwd: { cwd?: string }): Promise<void> {
  const list = await server.run("listServers", cwd);
  if (list.length === 0) {
    void window.showInformationMessage("Codex: no MCP server is set up. “codex-lsp mcp add” does it, in a terminal.");
    return;
  }
  const items = list.map((mcp) => itemOf(mcp));
  const picked = await window.showQuickPick(items, {
    title: "Codex: MCP Servers",
    placeHolder: "Choose one to sign in to it, or to read what is wrong",
  });
  if (picked === undefined) {
    return;
  }
  const { name, state, error, signsIn } = picked.mcp;
  if (signsIn && state !== "ready" && state !== "disabled") {
    await server.run("loginServer", { name, ...cwd });
  } else if (error !== undefined) {
    void window.showWarningMessage(`Codex: ${oneLine(error)}`);
  }
}

function itemOf(mcp: McpServer): QuickPickItem & { mcp: McpServer } {
  const says = {
    ready: mcp.tools === 1 ? "1 tool" : `${mcp.tools} tools`,
    starting: "is starting",
    failed: mcp.signsIn ? "failed; you may have to sign in" : "failed",
    idle: "starts with the next turn",
    disabled: "turned off in the settings",
  };
  const why = mcp.error?.replace(`MCP server \`${mcp.name}\`: `, ""); // it says so itself
  const detail = why === undefined ? {} : { detail: iconless(oneLine(why)) };
  return { label: `${icons[mcp.state]} ${iconless(mcp.name)}`, description: says[mcp.state], ...detail, mcp };
}

/** Asks whether the project is trusted. */
export async function trust(server: Server, cwd: { cwd?: string }): Promise<void> {
  const now = await server.run("trust", cwd);
  if (now.project === "") {
    void window.showInformationMessage("Codex: this folder is in no project.");
    return;
  }
  const item = (value: "trusted" | "untrusted", label: string, detail: string) => ({
    label,
    detail,
    value,
    ...(now.trust === value ? { description: "now" } : {}),
  });
  const picked = await window.showQuickPick(
    [
      item(
        "trusted",
        "$(workspace-trusted) Trust It",
        "Its own settings and rules count, and its files are edited without asking, as far as your settings allow",
      ),
      item(
        "untrusted",
        "$(workspace-untrusted) Do Not Trust It",
        "Its settings, rules and AGENTS.md do not count, and every command and change is asked about",
      ),
    ],
    { title: `Codex: ${oneLine(now.project)}`, placeHolder: now.trust === "" ? "Nothing is decided yet" : "Kept in your config.toml" },
  );
  if (picked !== undefined) {
    await server.run("trust", { ...cwd, trust: picked.value });
  }
}
