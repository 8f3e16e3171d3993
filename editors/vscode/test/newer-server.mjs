#!/usr/bin/env vscode-node
// A server of a protocol version to come: it answers initialize and shutdown, and ends at exit.

import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";

const client = createMessageConnection(new StreamMessageReader(process.stdin), new StreamMessageWriter(process.stdout));
client.onRequest("initialize", () => ({
  capabilities: { experimental: { codexProtocol: 2 } },
  serverInfo: { name: "codex-lsp", version: "9.9.9" },
}));
client.onRequest("shutdown", () => null);
client.onNotification("exit", () => process.exit());
client.listen();
