/** A server that does what docs/realtime.md lets it do, the worst of it too. Each frame goes into the file FRAMES. */

import { appendFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { Frame, Question, Told } from "../src/frames.js";

export const ME = "user:01a209fe-7200-7000-8000-0000000000cc";
const POST = "01a209fe-7200-7000-8000-0000000000aa";
const BEGAN = Number.parseInt("01a209fe7200", 16);

export const at = (number: number) => `01a209fe-7200-7000-8000-${String(number).padStart(12, "0")}`;
export const post = (number: number) => `post:${at(number)}`;

/** One socket as the server has it. */
export class Peer {
  readonly questions: Question[] = [];
  readonly channels = new Set(["home", ME]);
  open = true;

  constructor(readonly socket: WebSocket) {
    socket.on("close", () => (this.open = false));
  }

  say(frame: Frame): void {
    record("told", frame);
    this.socket.send(JSON.stringify(frame));
  }

  asked(action: string): Question[] {
    return this.questions.filter((question) => question.action === action);
  }

  /** Without a word, as a phone in a tunnel. */
  cut(): void {
    this.socket.terminate();
  }
}

export interface Faults {
  /** Milliseconds a replay takes. */
  slow?: number;
  /** Of a replay and of what is told live. */
  twice?: boolean;
  backwards?: boolean;
  /** Milliseconds that a socket lives. */
  life?: number;
  /** What a replay is said to leave out. */
  omitted?: string[];
  /** How it answers, in place of the usual. */
  answers?: Record<string, (peer: Peer, question: Question) => void>;
}

export class Server {
  readonly peers: Peer[] = [];
  readonly log: Told[] = [];
  faults: Faults;
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer, faults: Faults) {
    this.#server = server;
    this.faults = faults;
    server.on("connection", (socket) => this.#serve(new Peer(socket)));
  }

  static async open(faults: Faults = {}): Promise<Server> {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await new Promise((resolve) => server.once("listening", resolve));
    return new Server(server, faults);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ws`;
  }

  get open(): Peer[] {
    return this.peers.filter((peer) => peer.open);
  }

  get last(): Peer {
    return this.peers.at(-1)!;
  }

  async close(): Promise<void> {
    for (const peer of this.peers) peer.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  happens(channel: string): Told {
    const number = this.log.length + 1;
    const data = channel.startsWith("post:")
      ? { post_id: POST, totals: { like: number, love: 0, bravo: 0, abrazo: 0, otra: 0, comments: 0, shares: 0, views: 0 } }
      : { post_id: POST };
    const type = channel.startsWith("post:") ? "reaction.changed" : "post.removed";
    const told = { v: 1, type, id: at(number), channel, position: at(number), at: "2026-11-23T20:00:00Z", data };
    this.log.push(told);
    for (const peer of this.open) if (peer.channels.has(channel)) this.#tell(peer, [told]);
    return told;
  }

  resumed(peer: Peer, question: Question): void {
    const ends_at = new Date(BEGAN + (this.faults.life ?? 7_080_000)).toISOString();
    const omitted = this.faults.omitted ?? [];
    const ref = question.ref!;
    peer.say({ v: 1, type: "resumed", position: at(this.log.length), channels: ["home", ME], omitted, ends_at, ref });
  }

  /** From a little before the position on, as the real one does. */
  replay(peer: Peer, positions: Record<string, string>): void {
    for (const [channel, position] of Object.entries(positions)) {
      peer.channels.add(channel);
      const stood = this.log.filter((told) => told.channel === channel);
      const from = stood.findIndex((told) => told.position > position);
      if (from >= 0) this.#tell(peer, stood.slice(Math.max(0, from - 3)));
    }
  }

  #tell(peer: Peer, told: Told[]): void {
    const sent = this.faults.twice ? [...told, ...told] : [...told];
    if (this.faults.backwards) sent.reverse();
    for (const frame of sent) peer.say(frame);
  }

  #serve(peer: Peer): void {
    this.peers.push(peer);
    peer.socket.on("message", (text) => {
      const question = JSON.parse(String(text)) as Question;
      record("asked", question);
      peer.questions.push(question);
      const answer = this.faults.answers?.[question.action];
      if (answer) answer(peer, question);
      else this.#answer(peer, question);
    });
  }

  #answer(peer: Peer, question: Question): void {
    const ref = question.ref === undefined ? {} : { ref: question.ref };
    const channels = question["channels"] as string[];
    if (question.action === "ping") peer.say({ v: 1, type: "pong", ...ref });
    if (question.action === "subscribe") {
      for (const channel of channels) peer.channels.add(channel);
      peer.say({ v: 1, type: "subscribed", channels, position: at(this.log.length), ...ref });
    }
    if (question.action === "unsubscribe") {
      for (const channel of channels) peer.channels.delete(channel);
      peer.say({ v: 1, type: "unsubscribed", channels, ...ref });
    }
    if (question.action === "resume") {
      this.replay(peer, question["positions"] as Record<string, string>);
      setTimeout(() => peer.open && this.resumed(peer, question), this.faults.slow ?? 0);
    }
  }
}

function record(direction: "asked" | "told", frame: unknown): void {
  const file = process.env["FRAMES"];
  if (file) appendFileSync(file, `${JSON.stringify({ [direction]: frame })}\n`);
}
