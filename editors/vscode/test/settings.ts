// A workspace that is trusted sets what the user may be told otherwise about, in any spelling, and
// not what decides about safety.

import { file, scenario } from "./scenario.ts";

await scenario(
  async ({ window }) => {
    await window.ready();
    await window.show("notes.txt");
    await window.ask("make it new");
    await window.answer("notes.txt", "Approve");
    await window.toast("Made new.");
    await file("notes.txt", (text) => text === "new\n");
  },
  { machine: { "codex.approvalPolicy": "untrusted", "codex.sandboxMode": "read-only" } },
);
