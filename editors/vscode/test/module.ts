// A change through a real repository: one editor with unsaved text, one clean, one file
// that is not open, one made, one gone, and the module's own tests.

import { file, scenario } from "./scenario.ts";

await scenario(async ({ window }) => {
  await window.ready();
  await window.show("engines.go");
  await window.text("EnginesList is a list of engines.");
  await window.show("common.go");
  await window.text("package openai");
  await window.page.keyboard.press("Enter");
  await window.page.keyboard.press("ArrowUp");
  await window.page.keyboard.insertText("// Typed, and not saved.");
  await window.ask("count the models and the fresh tokens, and run the tests");
  await window.answer("5 files", "Approve");
  await window.answer("test -run", "Approve");
  await window.toast("Counted.");
  await file("common.go", (text) => text.startsWith("// Typed, and not saved.\npackage openai") && text.includes("Fresh()"));
});
