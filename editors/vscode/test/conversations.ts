// A conversation is summarised, and the summary taken back; conversations are found, renamed, copied,
// exported, archived and deleted.

import { scenario } from "./scenario.ts";

await scenario(async ({ window, capture }) => {
  await window.ready();
  await window.show("notes.txt");
  await window.ask("keep my notes short");
  await window.answer("I will keep them short.", "Open Chat");
  await window.text("keep my notes short");
  await window.menu("Summarise the Conversation");
  await window.text("They want them short.");
  await window.ready();
  await capture(window, "vscode-summary");
  await window.menu("Take the Summary Back");
  await window.toast("as it was before it was summarised");

  await window.menu("Conversations…");
  await window.choose("keep my notes short");
  await window.choose("Rename…");
  await window.hint("to confirm");
  await window.enter("Short notes");
  await window.toast("called “Short notes”");
  await window.menu("Conversations…");
  await window.choose("Short notes");
  await window.choose("Fork");
  await window.page.locator(".tab").filter({ hasText: ".codex.md" }).nth(1).waitFor();
  await window.menu("Conversations…");
  await window.choose("a copy");
  await window.row("Delete…", "");
  await window.choose("Archive");
  await window.toast("archived: ");
  await window.menu("Conversations…");
  await window.choose("Archived…");
  await window.choose("a copy");
  await window.choose("Delete…");
  await window.choose("Delete for Good");
  await window.toast("deleted: ");
  await window.menu("Conversations…");
  await window.choose("Search What Was Said…");
  await window.hint("to confirm");
  await window.enter("them WILL");
  await window.choose("I will keep them short.");
  await window.choose("Export as Markdown");
  await window.page.locator(".tab.active").filter({ hasText: "Untitled" }).waitFor();
  await window.text("I will keep them short.");
});
