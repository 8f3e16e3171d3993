// Finds codex-lsp and starts it.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { type ExtensionContext, Uri, workspace } from "vscode";

const program = process.platform === "win32" ? "codex-lsp.exe" : "codex-lsp";

/** The server that the user has set, or the one that came along, or the one on the PATH. */
function serverPath(context: ExtensionContext): string {
  const set = workspace.getConfiguration("codex").inspect<string>("server.path")?.globalValue?.trim() ?? ""; // no workspace's
  if (set !== "") {
    return set.replace(/^~(?=[/\\])/, homedir());
  }
  const bundled = Uri.joinPath(context.extensionUri, "server", program).fsPath;
  return existsSync(bundled) ? bundled : program;
}

/** A server's process. */
export interface Running {
  path: string;
  child: ChildProcessWithoutNullStreams;
  /** Resolves when it has ended, and says how. */
  ended: Promise<string>;
}

/**
 * Starts the server. It is started in the user's home: some systems look for programs in the
 * current folder first, and a workspace could bring along one of that name.
 */
export async function launch(context: ExtensionContext): Promise<Running> {
  const path = serverPath(context);
  const child = spawn(path, [], { cwd: homedir() });
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal === null ? `its exit code was ${code}` : `it was ended by ${signal}`));
    child.on("error", (error) => resolve(error.message));
  });
  try {
    await once(child, "spawn");
  } catch (error) {
    throw new Error(`${path} was not started: ${causeOf(error)}. Install codex-lsp on the PATH, or set codex.server.path to where it is.`);
  }
  return { path, child, ended };
}

function causeOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return "there is no such program";
    case "EACCES":
      return "it may not be run";
    default:
      return String(error);
  }
}
