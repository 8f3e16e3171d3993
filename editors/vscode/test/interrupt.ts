// While the model thinks, the status item says so; its menu interrupts the turn.

import { scenario } from "./scenario.ts";

await scenario(async ({ window, capture }) => {
  await window.ready();
  await window.show("sum.c");
  await window.ask("think about the sum");
  const item = await window.status("Codex thinks");
  await window.page.locator(".statusbar-item").filter({ hasText: "think about the sum" }).first().waitFor();
  await capture(window, "vscode-progress");
  await item.click();
  await window.choose("Interrupt");
  await window.ready();
  await window.command("Codex: Interrupt");
  await window.toast("nothing runs");
});
