// What the server is told of the settings in package.json.

import { workspace } from "vscode";

/** What a workspace gets that the user does not trust, whatever the settings say. */
const untrusted = { approval_policy: "untrusted", sandbox_mode: "read-only", project_doc_max_bytes: 0 };

/** The settings of ours that are not the server's. */
const own = new Set(["server", "showChanges", "trace"]);

/** The settings that the user has set, by the names that they have in config.toml. */
export function serverSettings(): Record<string, unknown> {
  const section = workspace.getConfiguration().get<Record<string, unknown>>("codex") ?? {};
  const set = Object.entries(section).filter(([name, value]) => !own.has(name) && value !== "" && value !== null);
  return {
    ...Object.fromEntries(set.map(([name, value]) => [inConfigToml(name), value])),
    ...(workspace.isTrusted ? {} : untrusted),
  };
}

/** The proxy that the user has set for VS Code itself; a workspace has no say in it. */
export function proxy(): { url: string; bypass?: string } | undefined {
  const http = workspace.getConfiguration("http");
  const url = http.inspect<string>("proxy")?.globalValue;
  const bypass = http.inspect<string[]>("noProxy")?.globalValue;
  return url ? { url, ...(bypass === undefined ? {} : { bypass: bypass.join(",") }) } : undefined;
}

function inConfigToml(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
