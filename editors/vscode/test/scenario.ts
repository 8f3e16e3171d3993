// What every scenario starts from, and how it ends.

import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { Editor, type Options } from "./editor.ts";
import type { Window } from "./window.ts";

/** Where a user sits: the current folder is the project. */
export interface Desk {
  editor: Editor;
  project: string;
  /** The first window, with the project. */
  window: Window;
  /** Keeps what a window shows for the documentation, when that is written anew. */
  capture(window: Window, name: string): Promise<void>;
}

/** Plays a scenario in a VS Code of its own, and shows the windows as they were when it fails. */
export async function scenario(play: (desk: Desk) => Promise<void>, options: Options & { open?: string } = {}): Promise<void> {
  const project = process.cwd();
  const editor = await Editor.start(options);
  const windows: Window[] = [];
  const open = editor.open.bind(editor);
  editor.open = async (path) => {
    const window = await open(path);
    windows.push(window);
    return window;
  };
  try {
    const window = await editor.open(join(project, options.open ?? "."));
    await play({ editor, project, window, capture });
  } catch (error) {
    process.exitCode = 1;
    console.error(error);
    await Promise.all(windows.map((window, i) => keep(window, process.env.FAILURES_DIR, `failed-${i + 1}`)));
  } finally {
    await editor.close();
  }
}

function capture(window: Window, name: string): Promise<void> {
  return keep(window, process.env.CAPTURES_DIR, name);
}

async function keep(window: Window, dir: string | undefined, name: string): Promise<void> {
  if (dir !== undefined) {
    mkdirSync(dir, { recursive: true });
    await window.page.mouse.move(0, 0); // where nothing lights up
    await window.page.locator(".workbench-hover-container").waitFor({ state: "hidden" });
    await window.page.screenshot({ path: join(dir, `${name}.png`), animations: "disabled" });
  }
}

/** Waits until a file is as wanted, and returns what it holds. */
export async function file(path: string, wanted: (text: string) => boolean): Promise<string> {
  const changes = watch(dirname(path));
  const signal = AbortSignal.timeout(60_000);
  try {
    for (let text = read(path); ; text = read(path)) {
      if (wanted(text)) {
        return text;
      }
      await once(changes, "change", { signal });
    }
  } catch (cause) {
    throw new Error(`${path} never became what was waited for; it holds\n${read(path)}`, { cause });
  } finally {
    changes.close();
  }
}

/** Fails the scenario unless something holds. */
export function check(holds: boolean, otherwise: string): void {
  if (!holds) {
    throw new Error(otherwise);
  }
}

/** The servers that run for this scenario, which are known by its home. */
export function servers(): number[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const ours = (pid: string) =>
    read(`/proc/${pid}/comm`) === "codex-lsp\n" && read(`/proc/${pid}/environ`).includes(`HOME=${process.env.HOME}\0`);
  return all.filter(ours).map(Number);
}

/** What a file holds, nothing if there is none. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
