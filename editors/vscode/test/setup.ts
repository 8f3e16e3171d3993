// What the menu sets up: the model, trust of the project, and commands that were left running.

import { join } from "node:path";
import { file, scenario } from "./scenario.ts";

await scenario(async ({ window, project }) => {
  await window.ready();
  await window.show("notes.txt");
  await window.command("Codex: What Next?");
  await window.row("Conversations…", "");
  await window.choose("Choose the Model…");
  await window.hint("The Model of This Conversation");
  await window.enter("gpt-5");
  await window.choose("high");
  await window.hint("How Much of Its Reasoning");
  await window.choose("As the settings say");
  await window.hint("How Long Its Answers");
  await window.choose("low");
  await window.menu("Trust of the Project…");
  await window.choose("Do Not Trust It");
  const config = join(project, "../home/.codex/config.toml");
  await file(config, (text) => text.includes('trust_level = "untrusted"'));
  await window.menu("Trust of the Project…");
  await window.choose("Trust It");
  await file(config, (text) => text.includes('trust_level = "trusted"'));
  await window.ask("leave something running");
  await window.answer("sleep 1000", "Approve");
  await window.toast("It runs.");
  await window.menu("End a Background Command…");
  await window.choose("sleep 1000");
  await window.toast("ended: sleep 1000");
  await window.command("Codex: End a Background Command…");
  await window.toast("no command was left running");
  await window.menu("Sign In or Out…");
  await window.hint("Sign In or Out");
});
