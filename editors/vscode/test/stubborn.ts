// Servers that do not start, or do not end: the user's restart comes before them all.

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { check, file, scenario, servers } from "./scenario.ts";

const silent = join(import.meta.dirname, "silent-server.mjs");
const mute = join(import.meta.dirname, "mute-server.mjs");

await scenario(
  async ({ editor, window }) => {
    const first = await pid("silent");
    editor.configure({ "codex.server.path": mute }); // which restarts, as the command does
    await pid("mute");
    await window.status("Codex stopped");
    check(!existsSync(`/proc/${first}`), "the server that did not answer lives on");
    check((await window.toasts()).length === 0, "giving up what the user has given up was told");

    editor.configure({});
    await window.ready();
    const [running] = servers();
    process.kill(await pid("mute"), "SIGINT");
    await window.command("Codex: Interrupt");
    await window.toast("nothing runs");
    check(servers()[0] === running, "the server was started anew by the end of the one before");
    check((await window.toasts()).length === 1, "the end of a server was told that was replaced");

    editor.configure({ "codex.server.path": silent });
    await window.toast("silent-server.mjs has not answered within 20 seconds, and was ended");
    await window.status("Codex stopped");
    check(!existsSync(`/proc/${await pid("silent")}`), "the server that did not answer in time lives on");
  },
  { machine: { "codex.server.path": silent } },
);

/** The process of the server of this name, which was started. */
async function pid(name: string): Promise<number> {
  return Number(await file(join(homedir(), `${name}.pid`), (text) => text !== ""));
}
