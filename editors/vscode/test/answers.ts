// Each answer's notification shows that turn's own changes, also once there is a later one. Neither
// a model's links can be clicked, nor those in errors.

import { check, scenario } from "./scenario.ts";

await scenario(async ({ window }) => {
  await window.ready();
  await window.ask("make it new");
  await window.answer("notes.txt", "Approve");
  await window.toast("Made new. [look] (command:codex.showLog)");
  await window.ask("make it newer");
  await window.answer("notes.txt", "Approve");
  await window.toast("Made newer.");
  await window.answer("Made new.", "Show Changes");
  await window.text("-old");
  await window.answer("Made newer.", "Show Changes");
  await window.text("+newer");
  await window.ask("fail");
  await window.toast("no [look] (command:codex.showLog)");
  check((await window.page.locator(".notification-toast a[href]").count()) === 0, "a notification has a link");
});
