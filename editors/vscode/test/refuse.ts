// A server that is missing, or of another protocol version, is refused with what to do about it; once
// the setting is right, all is well.

import { join } from "node:path";
import { scenario } from "./scenario.ts";

await scenario(
  async ({ editor, window }) => {
    await window.toast(
      "/nowhere/codex-lsp was not started: there is no such program. Install codex-lsp on the PATH, or set codex.server.path",
    );
    await window.status("Codex stopped");
    editor.configure({ "codex.server.path": join(import.meta.dirname, "newer-server.mjs") });
    await window.toast(
      "speaks version 2 of the protocol, and this extension version 1. Update the extension, then run “Codex: Restart Server”.",
    );
    await window.status("Codex stopped");
    await window.command("Codex: Interrupt");
    await window.toast("codex-lsp is not running. “Codex: Restart Server” starts it");
    editor.configure({});
    await window.ready();
  },
  { machine: { "codex.server.path": "/nowhere/codex-lsp" } },
);
