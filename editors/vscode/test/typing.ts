// Hands at the keyboard: does in a window what it is told, a line of JSON at a time, and says when it has.

import { createInterface } from "node:readline";
import { check, scenario } from "./scenario.ts";

// Suggestions would take Enter for themselves, and a seed what is searched for.
const settings = {
  machine: {
    "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
    "editor.find.seedSearchStringFromSelection": "never",
  },
};

await scenario(async ({ window }) => {
  const { keyboard } = window.page;
  const found = window.page.locator(".find-widget.visible .find-part textarea").first();
  const verbs: Record<string, (argument: string) => Promise<void>> = {
    async ask(prompt) {
      await window.ask(prompt);
      await window.page.locator(".monaco-editor.focused").waitFor();
    },
    async find(line) {
      const selected = window.page.locator(".statusbar-item").filter({ hasText: `(${line.length} selected)` });
      for (let left = 10; ; left--) {
        await keyboard.press("Control+F");
        await found.fill(line);
        await window.page.locator(".find-widget.visible .matchesCount").filter({ hasText: "of 1" }).waitFor();
        await keyboard.press("Enter"); // an edit that came meanwhile has taken the selection away
        await keyboard.press("Escape");
        try {
          await selected.waitFor({ timeout: left > 0 ? 3000 : 60_000 });
          break;
        } catch (error) {
          if (left === 0) {
            throw error;
          } // a busy editor forgets what it has found: again, as a user would
        }
      }
      await keyboard.press("Home");
    },
    key: (key) => keyboard.press(key),
    async save() {
      await keyboard.press("Control+S");
      await window.page.locator(".tab.active.dirty").waitFor({ state: "detached" });
    },
  };
  await window.ready();
  await window.show("lines.md");
  await window.text("user 000");
  console.log("ready");
  for await (const line of createInterface(process.stdin)) {
    const [verb, argument] = JSON.parse(line) as [string, string];
    const act = verbs[verb];
    check(act !== undefined, `no ${verb}`);
    await act?.(argument);
    console.log("done");
  }
}, settings);
