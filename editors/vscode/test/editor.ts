// VS Code's own server and extension hosts, and windows of it in a headless browser.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { Window } from "./window.ts";

/** What is another than in a fresh VS Code: nothing is fetched, nothing asks, nothing moves. */
const defaults = {
  "chat.disableAIFeatures": true,
  "editor.minimap.enabled": false,
  "extensions.autoCheckUpdates": false,
  "files.autoSave": "off", // as on a desktop; in a browser the editor saves a second after each key
  "git.openRepositoryInParentFolders": "never",
  "security.workspace.trust.startupPrompt": "never",
  "security.workspace.trust.banner": "never",
  "telemetry.telemetryLevel": "off",
  "window.confirmBeforeClose": "never",
  "workbench.editor.useModal": "off",
  "workbench.enableExperiments": false,
  "workbench.reduceMotion": "on",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};

export interface Options {
  /** The settings of the machine that the extension runs on, beside where the server under test is. */
  machine?: Record<string, unknown>;
  /** Whether folders are opened as trusted. */
  trusted?: boolean;
}

/** A running VS Code without windows. */
export class Editor {
  readonly #server: ChildProcess;
  readonly #browser: BrowserContext;
  readonly #data: string;
  readonly #address: string;

  private constructor(server: ChildProcess, browser: BrowserContext, data: string, address: string) {
    this.#server = server;
    this.#browser = browser;
    this.#data = data;
    this.#address = address;
  }

  /** Starts VS Code with the extension as it is installed in $EXTENSIONS_DIR. */
  static async start({ machine = {}, trusted = true }: Options): Promise<Editor> {
    const data = mkdtempSync(join(tmpdir(), "vscode-"));
    mkdirSync(join(data, "data", "Machine"), { recursive: true });
    writeFileSync(
      join(data, "data", "Machine", "settings.json"),
      JSON.stringify({ "codex.server.path": required("CODEX_LSP"), ...machine }),
    );
    const [server, browser] = await Promise.all([startServer(data, trusted), startBrowser(join(data, "browser"))]);
    await browser.addInitScript(configure, defaults);
    return new Editor(server.process, browser, data, server.address);
  }

  /** Opens a folder, or a workspace file, in a window of its own. */
  async open(path: string): Promise<Window> {
    const page = await this.#browser.newPage();
    const kind = path.endsWith(".code-workspace") ? "workspace" : "folder";
    const payload = JSON.stringify([["skipWelcome", "true"]]);
    await page.goto(`${this.#address}/?${new URLSearchParams({ [kind]: path, payload })}`);
    const window = new Window(page);
    await window.opened();
    return window;
  }

  /** Changes the settings of the machine. */
  configure(machine: Record<string, unknown>): void {
    writeSettings(this.#data, machine);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.kill();
    await once(this.#server, "exit");
    rmSync(this.#data, { recursive: true, force: true, maxRetries: 5 });
  }
}

function writeSettings(data: string, machine: Record<string, unknown>): void {
  const settings = { "codex.server.path": required("CODEX_LSP"), ...machine };
  writeFileSync(join(data, "data", "Machine", "settings.json"), JSON.stringify(settings));
}

async function startServer(data: string, trusted: boolean): Promise<{ process: ChildProcess; address: string }> {
  const process = spawn(
    "vscode-server",
    [
      ...["--host", "127.0.0.1", "--port", "0", "--without-connection-token", "--accept-server-license-terms"],
      ...["--telemetry-level", "off", "--server-data-dir", data, "--extensions-dir", required("EXTENSIONS_DIR")],
      ...(trusted ? ["--disable-workspace-trust"] : []),
    ],
    { stdio: ["ignore", "pipe", "ignore"], env: { ...globalThis.process.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}' } },
  );
  let said = "";
  for await (const chunk of process.stdout) {
    said += chunk;
    const port = /Extension host agent listening on (\d+)/.exec(said)?.[1];
    if (port !== undefined) {
      process.stdout.resume();
      return { process, address: `http://127.0.0.1:${port}` };
    }
  }
  throw new Error(`vscode-server did not start:\n${said}`);
}

/** A variable of the environment: what these tests are run with, ../../tests/vscode_test.go says. */
function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set`);
  }
  return value;
}

function startBrowser(profile: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    viewport: { width: 1100, height: 620 },
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"],
  });
}

/**
 * Runs in each page, before the workbench: hands it defaults for its settings, as it reads its
 * own configuration. To rewrite the page on its way would make Chromium refuse its sockets.
 */
function configure(configurationDefaults: Record<string, unknown>): void {
  const original = Document.prototype.getElementById;
  Document.prototype.getElementById = function (id) {
    const element = original.call(this, id);
    if (id === "vscode-workbench-web-configuration" && element !== null && element.dataset.configured === undefined) {
      const configuration = JSON.parse(element.getAttribute("data-settings") ?? "{}");
      element.setAttribute("data-settings", JSON.stringify({ ...configuration, configurationDefaults }));
      element.dataset.configured = "";
    }
    return element;
  };
}
