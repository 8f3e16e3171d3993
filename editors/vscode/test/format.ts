// A formatter that the agent runs changes files whose editors are clean and dirty: editors and disk
// agree afterwards but for what was typed, which is not gone.

import { file, scenario } from "./scenario.ts";

await scenario(async ({ window }) => {
  await window.ready();
  await window.show("clean.txt");
  await window.text("three");
  await window.show("dirty.txt");
  await window.text("three");
  await window.page.keyboard.press("Control+End");
  await window.page.keyboard.type("typed");
  await window.ask("format the files");
  await window.answer("sed", "Approve");
  await window.toast("Formatted.");
  await window.text(" two");
  await window.text("typed");
  await file("dirty.txt", (text) => text === "one\n two\nthree\n"); // the editor asks before it is overwritten
  await window.show("clean.txt");
  await window.text(" two");
  await file("clean.txt", (text) => text === "one\n two\nthree\n");
});
