// A window of VS Code, as a user sees and uses it.

import type { Locator, Page } from "playwright-core";

/** Bounds every wait for something to be seen. Only a failure needs it. */
const patience = 60_000;

export class Window {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(patience);
  }

  /** Waits until the folders are there. */
  async opened(): Promise<void> {
    const folders = this.page.locator(".explorer-folders-view .monaco-list-row").first();
    const none = this.page.getByText("You have not yet added a folder");
    await folders.or(none).first().waitFor();
    while (!(await folders.isVisible())) {
      await this.page.reload(); // VS Code has read the workspace's file before it was connected, and takes it for empty
      await folders.or(none).first().waitFor();
    }
  }

  /** Waits until the status item of the extension says this, and returns it. */
  async status(text: string | RegExp): Promise<Locator> {
    const item = this.page.locator(".statusbar-item[id='codex-lsp.codex-lsp.codex']").filter({ hasText: text });
    await item.waitFor();
    return item;
  }

  /** Waits until the server is there and does nothing. */
  async ready(): Promise<void> {
    await this.status(/^\s*Codex\s*$/);
  }

  /** Waits for a notification that says this. */
  async toast(text: string | RegExp): Promise<Locator> {
    const toast = this.page.locator(".notification-toast").filter({ hasText: text });
    await toast.waitFor();
    return toast;
  }

  /** What the notifications say that are shown. */
  async toasts(): Promise<string[]> {
    return this.page.locator(".notification-toast").allInnerTexts();
  }

  /** Presses a button of the notification that says this. */
  async answer(text: string | RegExp, button: string): Promise<void> {
    await (await this.toast(text)).getByRole("button", { name: button, exact: true }).click();
  }

  /** Runs a command from the palette. */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    await this.type(`>${title}`);
    await this.choose(title);
  }

  /** Chooses what says this in the menu of the status item, of which only a part is shown. */
  async menu(entry: string): Promise<void> {
    await this.command("Codex: What Next?");
    await this.row("Open Chat", ""); // the palette is gone
    await this.type(entry);
    await this.choose(entry);
  }

  /** Types into the input at the top, in place of what is there. */
  async type(text: string): Promise<void> {
    await this.page.locator(".quick-input-widget:visible input[type=text]").fill(text);
  }

  /** Asks by the command, the input box and Enter. */
  async ask(prompt: string, title = "Codex: Ask…"): Promise<void> {
    await this.command(title);
    await this.hint("to confirm");
    await this.enter(prompt);
  }

  /** Opens a file by its name. */
  async show(name: string): Promise<void> {
    await this.page.keyboard.press("Control+P");
    await this.type(name);
    await this.choose(name);
    await this.page.locator(".tab.active").filter({ hasText: name }).waitFor();
  }

  /** Waits until an editor shows this text. */
  async text(text: string): Promise<void> {
    await this.page.locator(".view-line").filter({ hasText: text }).first().waitFor();
  }

  /** Closes the notification that says this. */
  async dismiss(text: string | RegExp): Promise<void> {
    const toast = await this.toast(text);
    await toast.hover();
    await toast.locator(".codicon-notifications-clear, .codicon-notifications-hide").first().click();
    await toast.waitFor({ state: "detached" });
  }

  /** Chooses what says this in the list at the top. */
  async choose(text: string): Promise<void> {
    await this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: text }).first().click();
  }

  /** Waits until the list at the top has an entry that says both. */
  async row(label: string, says: string): Promise<void> {
    await this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: label }).filter({ hasText: says }).first().waitFor();
  }

  /** Waits until the input box at the top says this. */
  async hint(text: string): Promise<void> {
    await this.page.locator(".quick-input-widget:visible").filter({ hasText: text }).waitFor();
  }

  /** Types into the input box at the top, and enters it. */
  async enter(text: string): Promise<void> {
    await this.type(text);
    await this.page.keyboard.press("Enter");
  }
}
