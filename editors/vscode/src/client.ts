// The connection to the server: started, watched, and started again.

import { Disposable, EventEmitter, type ExtensionContext, type LogOutputChannel, workspace } from "vscode";
import {
  CloseAction,
  DidChangeConfigurationNotification,
  ErrorAction,
  ExecuteCommandRequest,
  type InitializeResult,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  State,
} from "vscode-languageclient/node";
import { launch, type Running } from "./launch";
import { type Commands, commandPrefix, protocolVersion } from "./protocol";
import { proxy, serverSettings } from "./settings";

export type ServerState = "starting" | "running" | "stopped";

/** Who is told of what becomes of the server. */
export interface Watcher {
  middleware: Middleware;
  /** There is a new connection: the time to listen to it. */
  connecting(client: LanguageClient): void;
  failed(problem: string): void;
  crashed(how: string, again: boolean): void;
  /** The threads that a new server goes on with, the last one last. */
  threads(): string[];
  /** A thread that it cannot go on with. */
  lost(problem: string): void;
}

/** A server that ends more often than this within the period is not started again. */
const maxCrashes = 3;
const crashPeriod = 3 * 60 * 1000;

/** A server answers its first request within this many seconds. Ours takes less than one. */
const maxStarting = 20;

/** The library tells the user of failures on its own; here they are told once, by who asked. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** The server, of which there is one at a time. */
export class Server implements Disposable {
  readonly #context: ExtensionContext;
  readonly #log: LogOutputChannel;
  readonly #watcher: Watcher;
  readonly #changed = new EventEmitter<ServerState>();
  readonly onDidChangeState = this.#changed.event;
  readonly #subscriptions: Disposable;
  #state: ServerState = "stopped";
  #client: LanguageClient | undefined;
  #crashes: number[] = [];
  #last: Promise<void> = Promise.resolve();
  /** Of the last start. Aborted, it is given up, and what comes of its server is of no interest. */
  #start = new AbortController();

  constructor(context: ExtensionContext, log: LogOutputChannel, watcher: Watcher) {
    this.#context = context;
    this.#log = log;
    this.#watcher = watcher;
    this.#subscriptions = Disposable.from(
      this.#changed,
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("codex.server") || change.affectsConfiguration("http.proxy")) {
          void this.restart();
        } else if (change.affectsConfiguration("codex")) {
          void this.configure();
        }
      }),
      workspace.onDidGrantWorkspaceTrust(() => void this.configure()),
    );
  }

  get state(): ServerState {
    return this.#state;
  }

  /** Starts the server, in place of the one that runs or starts. One start comes after the other. */
  restart(): Promise<void> {
    this.#start.abort();
    const start = new AbortController();
    this.#start = start;
    this.#last = this.#last.then(() => this.stop()).then(() => this.start(start.signal));
    return this.#last;
  }

  /** Runs one of the server's commands. */
  async run<C extends keyof Commands>(command: C, argument: Commands[C]["argument"]): Promise<Commands[C]["result"]> {
    await this.#last; // it may be starting
    if (this.#client === undefined || this.#state !== "running") {
      throw new Error("codex-lsp is not running. “Codex: Restart Server” starts it, “Codex: Show Log” may tell why it ended.");
    }
    return send(this.#client, command, argument);
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#start.abort();
    void this.stop();
  }

  private async start(givenUp: AbortSignal): Promise<void> {
    if (givenUp.aborted) {
      return;
    }
    this.become("starting");
    try {
      const client = await this.connect(await launch(this.#context), givenUp);
      this.become("running");
      await this.resume(client);
    } catch (error) {
      await this.stop();
      if (!givenUp.aborted) {
        this.#watcher.failed(messageOf(error));
      }
    }
  }

  private async connect(running: Running, givenUp: AbortSignal): Promise<LanguageClient> {
    const client = new QuietClient("codex", "Codex", () => Promise.resolve(running.child), this.options());
    this.#client = client;
    client.onDidChangeState((change) => {
      if (change.newState === State.Stopped) {
        running.child.kill(); // in case that it has only stopped talking
        void this.ended(client, running, givenUp);
      }
    });
    this.#watcher.connecting(client);
    const tooLong = AbortSignal.timeout(maxStarting * 1000);
    const over = AbortSignal.any([givenUp, tooLong]);
    const kill = () => running.child.kill("SIGKILL"); // it may not hear anything else, and has no commands yet
    over.addEventListener("abort", kill);
    try {
      over.throwIfAborted();
      await client.start();
    } catch (error) {
      const gone = running.child.stdout.readableEnded;
      kill();
      const how = await running.ended;
      if (tooLong.aborted) {
        throw new Error(`${running.path} has not answered within ${maxStarting} seconds, and was ended. Is it codex-lsp?`);
      }
      throw gone ? new Error(`${running.path} ended while it was starting: ${how}`) : error;
    } finally {
      over.removeEventListener("abort", kill);
    }
    mustUnderstand(client.initializeResult, running.path);
    return client;
  }

  /** Goes on with what was said to the server before this one. */
  private async resume(client: LanguageClient): Promise<void> {
    for (const threadId of this.#watcher.threads()) {
      await send(client, "resume", { threadId }).catch((error: unknown) => this.#watcher.lost(messageOf(error)));
    }
  }

  private async stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.stop().catch((error: unknown) => this.#log.debug(messageOf(error)));
    this.become("stopped");
  }

  /** The connection has ended. If nobody asked for that, the server is started again. */
  private async ended(client: LanguageClient, running: Running, givenUp: AbortSignal): Promise<void> {
    if (client !== this.#client || this.#state !== "running") {
      return;
    }
    this.#client = undefined;
    this.become("stopped");
    const now = Date.now();
    this.#crashes = [...this.#crashes.filter((then) => now - then < crashPeriod), now];
    const again = this.#crashes.length <= maxCrashes;
    const how = await running.ended;
    if (givenUp.aborted) {
      return; // another was started meanwhile
    }
    this.#watcher.crashed(how, again);
    if (again) {
      await this.restart();
    }
  }

  /** Makes the server read its settings again. */
  private async configure(): Promise<void> {
    if (this.#state === "running") {
      await this.#client?.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
    }
  }

  private become(state: ServerState): void {
    if (state !== this.#state) {
      this.#state = state;
      this.#changed.fire(state);
    }
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: [{ scheme: "file" }, { scheme: "untitled" }],
      outputChannel: this.#log,
      initializationOptions: {
        ...serverSettings(),
        commandPrefix,
        proxy: proxy(),
        capabilities: {
          approvals: true,
          forms: true,
          events: true,
          saveDocuments: true,
          // The editor itself saves what a refactoring changed only when that is more than one file.
          saveEdits: workspace.getConfiguration("files").get("refactoring.autoSave", true),
          reloadDocuments: true,
          review: true,
        },
      },
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
      },
      middleware: {
        ...this.#watcher.middleware,
        workspace: {
          ...this.#watcher.middleware.workspace,
          configuration: (params) => params.items.map(() => serverSettings()),
        },
      },
    };
  }
}

function send<C extends keyof Commands>(
  client: LanguageClient,
  command: C,
  argument: Commands[C]["argument"],
): Promise<Commands[C]["result"]> {
  return client.sendRequest(ExecuteCommandRequest.type, { command: commandPrefix + command, arguments: [argument] });
}

/** Refuses a server that speaks another version of the protocol than this extension. */
function mustUnderstand(result: InitializeResult | undefined, path: string): void {
  const experimental = result?.capabilities.experimental as { codexProtocol?: number } | undefined;
  const theirs = experimental?.codexProtocol ?? 0;
  if (theirs === protocolVersion) {
    return;
  }
  const older = theirs < protocolVersion ? "codex-lsp" : "the extension";
  const version = result?.serverInfo?.version ?? "unknown";
  throw new Error(
    `${path} (version ${version}) speaks version ${theirs} of the protocol, and this extension version ${protocolVersion}. Update ${older}, then run “Codex: Restart Server”.`,
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
