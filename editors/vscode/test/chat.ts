// A conversation in a chat document: written in, sent by a key, and answered in place.

import { scenario } from "./scenario.ts";

await scenario(async ({ window, capture }) => {
  await window.ready();
  await window.show("sum.c");
  await window.command("Codex: Open Chat");
  await window.page.locator(".tab.active").filter({ hasText: ".codex.md" }).waitFor();
  await window.page.keyboard.type("Fix the sum.");
  await window.page.keyboard.press("Control+Enter");
  await window.text("The sum looks wrong.");
  await window.answer("sh test.sh", "Approve");
  await window.answer("sum.c", "Approve");
  await window.text("It added by subtracting.");
  await window.text("return a + b;");
  await window.ready();
  const lens = window.page.locator(".codelens-decoration").filter({ hasNotText: "Keep" }); // of the turn that ran
  await lens.first().waitFor({ state: "detached" });
  await capture(window, "vscode-chat");
});
