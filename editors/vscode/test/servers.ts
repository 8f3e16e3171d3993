// MCP servers: where they stand, a call of one that is asked about, and a form of its that is filled in.

import { scenario } from "./scenario.ts";

await scenario(async ({ window, capture }) => {
  await window.ready();
  await window.show("notes.txt");
  await window.command("Codex: MCP Servers…");
  await window.row("people", "starts with the next turn");
  await window.row("cellar", "turned off in the settings");
  await window.page.keyboard.press("Escape");
  await window.command("Codex: Open Chat");
  await window.page.locator(".tab.active").filter({ hasText: ".codex.md" }).waitFor();
  await window.page.keyboard.type("Please register me.");
  await window.page.keyboard.press("Control+Enter");
  await window.toast("attic");
  await window.dismiss("attic");
  await window.toast("Call ask of the MCP server people");
  await window.answer('Call ask of the MCP server people? {"list":"guests"}', "More…");
  await window.text('"list": "guests"');
  await window.choose("Approve");
  await window.answer("people asks you something", "Fill In…");
  await window.hint("Who? (1/2)");
  await window.enter("Ada");
  await window.hint("Who? (2/2)");
  await window.choose("l");
  await window.text("You are on the list.");
  await window.ready();
  await window.page.locator(".codelens-decoration").first().waitFor({ state: "detached" }); // of the questions
  await window.command("Codex: MCP Servers…");
  await window.row("people", "tools");
  await window.row("attic", "failed");
  await capture(window, "vscode-servers");
  await window.choose("attic");
  await window.toast("attic-mcp");
});
