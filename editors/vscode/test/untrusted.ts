// In a workspace that is not trusted every change is asked about, whatever the user's settings say;
// and what a workspace sets is not taken: which server is started, and when is asked.

import { file, scenario } from "./scenario.ts";

await scenario(
  async ({ window }) => {
    await window.ready();
    await window.show("notes.txt");
    await window.ask("make it new");
    await window.answer("notes.txt", "Approve");
    await window.toast("Made new.");
    await file("notes.txt", (text) => text === "new\n");
    await window.dismiss("Made new.");
    await window.command("Workspaces: Manage Workspace Trust");
    await window.page.getByRole("button", { name: "Trust", exact: true }).click();
    await window.page.getByText("You trust this folder").waitFor();
    await window.show("notes.txt");
    await window.ask("make it newer");
    await window.toast("Made newer.");
    await file("notes.txt", (text) => text === "newer\n");
  },
  { trusted: false, machine: { "codex.approvalPolicy": "on-request", "codex.sandboxMode": "workspace-write" } },
);
