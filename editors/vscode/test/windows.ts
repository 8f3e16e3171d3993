// Two windows, one of them with two folders: each has a server of its own, asks in its own folder,
// and answers only its own questions.

import { join } from "node:path";
import { file, scenario } from "./scenario.ts";

await scenario(
  async ({ editor, project, window: both }) => {
    const one = await editor.open(join(project, "one"));
    await Promise.all([both.ready(), one.ready()]);
    await both.command("Codex: Ask…");
    await both.choose("two");
    await both.hint("about two");
    await both.enter("make it");
    await both.status("1 to approve");
    await one.ready();
    await one.ask("make it");
    await one.status("1 to approve");
    await one.answer("echo made", "Approve");
    await one.toast("Made.");
    await one.ready();
    await both.status("1 to approve");
    await both.answer("echo made", "Approve");
    await both.toast("Made.");
    await file("one/made.txt", (text) => text === "made\n");
    await file("two/made.txt", (text) => text === "made\n");
  },
  { open: "both.code-workspace" },
);
