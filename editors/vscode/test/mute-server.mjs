#!/usr/bin/env vscode-node
// A server that stops talking once it was started, and lives on until SIGINT. It leaves its process
// id in the user's home.

import { closeSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";

const client = createMessageConnection(new StreamMessageReader(process.stdin), new StreamMessageWriter(process.stdout));
client.onRequest("initialize", () => ({ capabilities: { experimental: { codexProtocol: 1 } } }));
client.onNotification("initialized", () => closeSync(1));
client.listen();
process.on("SIGTERM", () => {});
setInterval(() => {}, 1_000_000); // lives without a client
writeFileSync(join(homedir(), "mute.pid"), String(process.pid));
