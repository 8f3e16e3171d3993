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
import { serverSettings } from "./settings";

export type ServerState = "starting" | "running" | "stopped";

/** Who is told of what becomes of the server. */
export interface Watcher {
  middleware: Middleware;
  /** There is a new connection: the time to listen to it. */
  connecting(client: LanguageClient): void;
  failed(problem: string): void;
  crashed(how: string, again: boolean): void;
}

/** A server that ends more often than this within the period is not started again. */
const maxCrashes = 3;
const crashPeriod = 3 * 60 * 1000;

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

  constructor(context: ExtensionContext, log: LogOutputChannel, watcher: Watcher) {
    this.#context = context;
    this.#log = log;
    this.#watcher = watcher;
    this.#subscriptions = Disposable.from(
      this.#changed,
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("codex.server")) {
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

  /** Starts the server, in place of the one that runs. One start comes after the other. */
  restart(): Promise<void> {
    this.#last = this.#last.then(() => this.stop()).then(() => this.start());
    return this.#last;
  }

  /** Runs one of the server's commands. */
  async run<C extends keyof Commands>(command: C, argument: Commands[C]["argument"]): Promise<Commands[C]["result"]> {
    await this.#last; // it may be starting
    if (this.#client === undefined || this.#state !== "running") {
      throw new Error("codex-lsp is not running. “Codex: Restart Server” starts it, “Codex: Show Log” may tell why it ended.");
    }
    return this.#client.sendRequest(ExecuteCommandRequest.type, {
      command: commandPrefix + command,
      arguments: [argument],
    });
  }

  dispose(): void {
    this.#subscriptions.dispose();
    void this.stop();
  }

  private async start(): Promise<void> {
    this.become("starting");
    try {
      await this.connect(await launch(this.#context));
      this.become("running");
    } catch (error) {
      await this.stop();
      this.#watcher.failed(messageOf(error));
    }
  }

  private async connect(running: Running): Promise<void> {
    const client = new QuietClient("codex", "Codex", () => Promise.resolve(running.child), this.options());
    this.#client = client;
    client.onDidChangeState((change) => {
      if (change.newState === State.Stopped) {
        running.child.kill(); // in case that it has only stopped talking
        void this.ended(client, running);
      }
    });
    this.#watcher.connecting(client);
    try {
      await client.start();
    } catch (error) {
      const gone = running.child.stdout.readableEnded;
      running.child.kill();
      throw gone ? new Error(`${running.path} ended while it was starting: ${await running.ended}`) : error;
    }
    mustUnderstand(client.initializeResult, running.path);
  }

  private async stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.stop().catch((error: unknown) => this.#log.debug(messageOf(error)));
    this.become("stopped");
  }

  /** The connection has ended. If nobody asked for that, the server is started again. */
  private async ended(client: LanguageClient, running: Running): Promise<void> {
    if (client !== this.#client || this.#state !== "running") {
      return;
    }
    this.#client = undefined;
    this.become("stopped");
    const now = Date.now();
    this.#crashes = [...this.#crashes.filter((then) => now - then < crashPeriod), now];
    const again = this.#crashes.length <= maxCrashes;
    this.#watcher.crashed(await running.ended, again);
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
        capabilities: { approvals: true, events: true, saveDocuments: true, reloadDocuments: true },
      },
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
      },
      middleware: {
        ...this.#watcher.middleware,
        workspace: { configuration: (params) => params.items.map(() => serverSettings()) },
      },
    };
  }
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
