// What a notification does not show whole can be approved only where it is shown. About a selection
// is asked by its menu.

import { scenario } from "./scenario.ts";

await scenario(async ({ window }) => {
  await window.ready();
  await window.show("notes.txt");
  await window.text("two");
  await window.page.keyboard.press("Control+G");
  await window.hint("line number");
  await window.enter(":2");
  await window.page.keyboard.press("Shift+End");
  await window.page.keyboard.press("Control+Alt+C");
  await window.hint("about lines 2–2 of notes.txt");
  await window.enter("write it down");
  const toast = await window.toast("Codex: Run");
  const buttons = await toast.locator(".notification-list-item-buttons-container .monaco-button").allInnerTexts();
  if (buttons.join() !== "Show…,Decline") {
    throw new Error(`a command of two lines was offered with ${buttons.join()}`);
  }
  await window.answer("Codex: Run", "Show…");
  await window.text("echo second >>made.txt");
  await window.choose("Approve");
  await window.toast("Written.");
});
