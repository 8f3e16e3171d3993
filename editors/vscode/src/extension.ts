// Starts the server and draws what it says. What is done and what is asked, the server decides.

import { type ExtensionContext, window } from "vscode";
import { Approvals } from "./approvals";
import { Chats } from "./chats";
import { Server } from "./client";
import { registerCommands } from "./commands";
import { Landing } from "./landing";
import { listener } from "./listen";
import { Review } from "./review";
import { statusItem } from "./status";
import { Texts } from "./texts";
import { Turns } from "./turns";

export async function activate(context: ExtensionContext): Promise<void> {
  const log = window.createOutputChannel("Codex", { log: true });
  const texts = new Texts();
  const landing = new Landing();
  const server: Server = new Server(
    context,
    log,
    listener(landing, () => parts),
  );
  const chats = new Chats(server);
  const approvals = new Approvals(server, texts);
  const turns = new Turns(chats, texts);
  const review = new Review(server);
  const parts = { server, chats, turns, approvals, review, log };
  context.subscriptions.push(
    log,
    texts,
    landing,
    server,
    approvals,
    turns,
    review,
    statusItem(server, turns, approvals),
    registerCommands(parts),
    server.onDidChangeState((state) => {
      if (state === "stopped") {
        turns.forget();
        review.forget();
        void approvals.forget();
      }
    }),
  );
  await server.restart();
}
