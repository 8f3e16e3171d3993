// A notification that is closed decides nothing. The status item leads to the whole question, where
// the user says what to do instead; and a running turn is corrected.

import { scenario } from "./scenario.ts";

await scenario(async ({ window }) => {
  await window.ready();
  await window.ask("tidy up");
  await window.dismiss("rm notes.txt");
  const item = await window.status("1 to approve");
  await window.command("Codex: Correct the Running Turn…");
  await window.hint("to confirm");
  await window.enter("and be quick");
  await item.click();
  await window.choose("Answer Approvals");
  await window.text("rm notes.txt");
  await window.choose("Decline, and say what to do instead");
  await window.hint("What Instead");
  await window.enter("use trash");
  await window.toast("Then not.");
  await window.ready();
});
