// A notification outlives its question: what it offers is then refused. And a picker is closed with
// its own question, whatever was opened before it.

import { check, scenario, servers } from "./scenario.ts";

await scenario(async ({ window }) => {
  const picker = window.page.locator(".quick-input-widget:visible");
  await window.ready();
  await window.ask("one.txt");
  await window.toast("rm one.txt");
  await window.command("Codex: Answer Approvals…");
  await window.choose("Decline");
  await window.toast("Left.");
  await window.answer("rm one.txt", "More…");
  await window.toast(/too late, this was settled already: .*rm one\.txt/);
  check((await picker.count()) === 0, "a question that is settled is asked");
  check((await window.page.locator(".tab").filter({ hasText: "to approve" }).count()) === 0, "a question that is settled is shown");

  await window.command("Notifications: Clear All Notifications");
  await window.ask("two.txt");
  await window.toast("rm two.txt");
  await window.ask("three.txt", "Codex: Ask in a New Conversation…");
  await window.toast("three.txt");
  await window.command("Codex: Answer Approvals…");
  await picker.getByText("rm three.txt $(date)").waitFor(); // no icon named date
  await window.answer("rm two.txt", "More…");
  await picker.filter({ hasText: "rm two.txt" }).waitFor();
  await window.answer("three.txt", "More…");
  await picker.filter({ hasText: "three.txt" }).waitFor();
  for (const pid of servers()) {
    process.kill(pid, "SIGKILL");
  }
  await window.toast("codex-lsp has ended");
  await picker.waitFor({ state: "detached" });
});
