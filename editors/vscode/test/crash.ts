// A server that is killed is started again, and a conversation goes on: in its chat document, and from elsewhere.

import assert from "node:assert/strict";
import { scenario, servers } from "./scenario.ts";

await scenario(async ({ window }) => {
  await window.ready();
  await window.command("Codex: Open Chat");
  await window.page.locator(".tab.active").filter({ hasText: ".codex.md" }).waitFor();
  await window.page.keyboard.type("My name is Ada.");
  await window.page.keyboard.press("Control+Enter");
  await window.text("Welcome.");
  await window.ask("think about it");
  await window.status("Codex thinks");
  for (const pid of servers()) {
    process.kill(pid, "SIGKILL");
  }
  await window.toast("codex-lsp has ended (it was ended by SIGKILL). It is started again");
  await window.ready();
  await window.page.locator(".tab.active").filter({ hasText: ".codex.md" }).click();
  await window.page.keyboard.press("Control+End");
  await window.page.keyboard.type("Who am I?");
  await window.page.keyboard.press("Control+Enter");
  await window.text("You are Ada.");
  await window.ready();
  for (const pid of servers()) {
    process.kill(pid, "SIGKILL");
  }
  await window.toast("codex-lsp has ended (it was ended by SIGKILL). It is started again");
  await window.ready();
  await window.show("notes.txt");
  await window.ask("Who am I?");
  await window.toast("You are Ada.");
  await window.command("Codex: Resume the Last Conversation");
  await window.page.locator(".tab.active").filter({ hasText: ".codex.md" }).waitFor();
  await window.text("You are Ada.");
  const chats = await window.page.locator(".tab").filter({ hasText: ".codex.md" }).allInnerTexts();
  assert.equal(new Set(chats.map((tab) => tab.trim())).size, 1, `chats: ${chats}`);
});
