// Is told that nobody is signed in, signs in by a code on the page that opens, and then is answered. Signs out, signs in
// in the browser, and is answered again.

import type { Page } from "playwright-core";

import { check, scenario } from "./scenario.ts";

await scenario(async ({ window }) => {
  await window.ready();
  await window.ask("hello");
  await window.toast("you are not signed in");
  await window.dismiss("you are not signed in");
  const opening = window.page.context().waitForEvent("page");
  await window.command("Codex: Sign In");
  const told = await (await window.toast("type the code")).textContent();
  const code = /ABCD-\d+/.exec(told ?? "")?.[0];
  check(code !== undefined, `there is no code in: ${told}`);
  const page = await direct(await opening);
  await page.locator("input").fill(code ?? "");
  await page.locator("button").click();
  await page.getByText("Thank you").waitFor();
  await window.page.bringToFront();
  await window.toast("signed in as ada@example.com");
  await window.ask("hello");
  await window.toast("good day");
  await window.dismiss("good day");

  await window.command("Codex: Sign Out");
  await window.toast("signed out");
  await window.dismiss("signed out");
  const again = window.page.context().waitForEvent("page");
  await window.command("Codex: Sign In with a Browser");
  const back = await direct(await again);
  await back.getByText("codex-lsp is signed in as ada@example.com").waitFor();
  await window.page.bringToFront();
  await window.toast("signed in as ada@example.com");
  await window.ask("hello again");
  await window.toast("good evening");
});

/** This VS Code leads to ports of its machine through a proxy, which is not part of it here. */
async function direct(page: Page): Promise<Page> {
  await page.goto(page.url().replace(/:\d+\/proxy\/(\d+)/, ":$1"));
  return page;
}
