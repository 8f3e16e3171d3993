// Asks about a file by the input box, approves a command and a change, and finds it made and saved.

import { file, scenario } from "./scenario.ts";

await scenario(async ({ window, capture }) => {
  await window.ready();
  await window.show("sum.c");
  await window.text("return a - b;");
  await window.ask("fix the sum");
  await window.toast("sh test.sh");
  await window.status("1 to approve");
  await capture(window, "vscode-approval");
  await window.answer("sh test.sh", "Approve");
  await window.toast("sum.c");
  await window.text("+    return a + b;");
  await capture(window, "vscode-change");
  await window.answer("sum.c", "Approve");
  await window.text("return a + b;");
  await window.toast("Now it does not.");
  await file("sum.c", (text) => text.includes("return a + b;"));
  await window.page.locator(".codelens-decoration").filter({ hasText: "✗ Reject" }).waitFor();
  await capture(window, "vscode-edit");
  await window.command("Codex: Undo the Last Turn's Changes");
  await window.text("return a - b;");
  await file("sum.c", (text) => text.includes("return a - b;"));
  await window.command("Codex: Redo the Changes Last Undone");
  await window.text("return a + b;");
  await file("sum.c", (text) => text.includes("return a + b;"));
});
