// Three changes are marked. By keys alone one is taken back and one kept, and then the turn undone.

import { file, scenario } from "./scenario.ts";
import type { Window } from "./window.ts";

await scenario(
  async ({ window, capture }) => {
    const { keyboard } = window.page;
    const keep = "Control+Alt+K";
    const reject = "Control+Alt+R";
    const next = "Control+Alt+J";
    await window.ready();
    await window.show("tidy.c");
    await window.text("codex: mend");
    await window.ask("mend the sum");
    await window.text("return a + b;");
    await window.dismiss("Mended, and added.");
    await marked(window, 7, ["− /* codex: mend the sum, and add half */", "− return a - b;"]);
    await window.page.locator(".codelens-decoration").filter({ hasText: "✗ Reject" }).nth(2).waitFor();
    await capture(window, "vscode-review");
    await keyboard.press(next);
    await window.page.getByText("Ln 3,").waitFor();
    await keyboard.press(reject);
    await window.text("return a - b;");
    await marked(window, 6, ["− /* codex: mend the sum, and add half */"]);
    await keyboard.press(next);
    await window.page.getByText("Ln 9,").waitFor();
    await keyboard.press(next); // after the last one comes the first
    await window.page.getByText("Ln 1,").waitFor();
    await keyboard.press(keep);
    await marked(window, 5, []);
    await window.command("Codex: Undo the Last Turn's Changes");
    await window.text("codex: mend");
    await marked(window, 0, []);
    await file("tidy.c", (text) => text.includes("codex: mend") && text.includes("a - b") && !text.includes("half(int"));
  },
  { machine: { "codex.approvalPolicy": "on-request" } },
);

/** Waits until this many lines are marked, and these are shown that were removed. */
async function marked(window: Window, lines: number, removed: string[]): Promise<void> {
  await window.page.waitForFunction(
    (want) => {
      const of = (selector: string) => [...document.querySelectorAll(`${selector} [class*='ced-']`)];
      const contents = of(".view-lines").map((e) => getComputedStyle(e, "::after").content);
      return (
        JSON.stringify([of(".view-overlays").length, contents.filter((text) => text !== "none").map((text) => JSON.parse(text))]) === want
      );
    },
    JSON.stringify([lines, removed]),
  );
}
