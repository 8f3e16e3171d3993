#!/usr/bin/env vscode-node
// A server that answers nothing. It leaves its process id in the user's home.

import { writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

process.stdin.resume();
process.on("SIGTERM", () => {}); // it does not even hear that
writeFileSync(join(homedir(), "silent.pid"), String(process.pid));
