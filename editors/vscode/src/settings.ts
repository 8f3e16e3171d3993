// What the server is told of the settings in package.json.

import { workspace } from "vscode";
import { contributes } from "../package.json";

/** What a workspace gets that the user does not trust, whatever the settings say. */
const untrusted = { approval_policy: "untrusted", sandbox_mode: "read-only", project_doc_max_bytes: 0 };

/** The settings of ours that are not the server's. */
const own = new Set(["codex.server.path", "codex.showChanges"]);

/** The settings of the extension, by full name: what else stands in the section, a workspace may have written. */
const registered: Record<string, { scope: string }> = contributes.configuration.properties;

/**
 * The settings that the user has set, by the names that they have in config.toml. The server
 * cannot tell who set what, so what a workspace has no say in ends here.
 */
export function serverSettings(): Record<string, unknown> {
  const set = Object.entries(registered)
    .filter(([name]) => !own.has(name))
    .map(([name, { scope }]) => [inConfigToml(name), valueSet(name, scope)] as const)
    .filter(([, value]) => value !== undefined && value !== "" && value !== null);
  return {
    ...Object.fromEntries(set),
    ...(workspace.isTrusted ? {} : untrusted),
  };
}

/**
 * What is set. A setting of the machine, and all of them in a workspace that is not trusted, only
 * the user sets: VS Code would also merge in what the workspace says in another spelling, as a
 * table "codex".
 */
function valueSet(name: string, scope: string): unknown {
  const all = workspace.getConfiguration();
  return workspace.isTrusted && scope === "window" ? all.get(name) : all.inspect(name)?.globalValue;
}

/** The proxy that the user has set for VS Code itself; a workspace has no say in it. */
export function proxy(): { url: string; bypass?: string } | undefined {
  const http = workspace.getConfiguration("http");
  const url = http.inspect<string>("proxy")?.globalValue;
  const bypass = http.inspect<string[]>("noProxy")?.globalValue;
  return url ? { url, ...(bypass === undefined ? {} : { bypass: bypass.join(",") }) } : undefined;
}

function inConfigToml(name: string): string {
  return name.slice("codex.".length).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
