/**
 * The client of the socket: docs/realtime.md says what it keeps to, docs/asyncapi.yaml what the frames are.
 *
 * One loop opens a socket, resumes on it, and opens the next when the last one is lost, or shortly before it ends: that
 * one is heard until the next has resumed, so nothing is missed in between, and by their ids nothing is shown twice.
 */

import { isForLater, isTold, type Answer, type Frame, type Question, type Told } from "./frames.js";
import { Link, RESUME, TIMING } from "./link.js";

export type { Answer, Frame, Question, Told } from "./frames.js";

/** `waiting` for the next attempt after an error; `ended` is for good, with the code of `closing` if there was one. */
export type State = "connecting" | "live" | "waiting" | "ended";

export interface Options {
  /** wss://{host}{path}, the path as the ticket's answer says it. */
  url: string;
  /** A new ticket of `POST /api/realtime/tickets`, for each socket. What it throws is tried again after a pause. */
  ticket: () => Promise<string>;
  /** A grant of `POST /api/realtime/grants` for these channels, before each frame that needs one. */
  grant?: (channels: string[]) => Promise<string>;
  /** What `positions` was when the page was left. */
  positions?: Record<string, string>;
  onFrame: (frame: Frame) => void;
  /** Fetch the content of this channel from the API: too much of it was missed. */
  onResync?: (channel: string) => void;
  onState?: (state: State, why?: unknown) => void;
  timing?: Partial<typeof TIMING>;
}

const KNOWN_IDS = 1_000;
const SUBSCRIBE = "subscribe";
const comesByItself = (channel: string) => channel === "home" || channel.startsWith("user:");
const isPrivate = (channel: string) => /^(post|conversation):/.test(channel);

export class RealtimeClient {
  /** The last position of each channel: all there is to keep to go on later. */
  readonly positions: Record<string, string>;
  readonly #options: Options;
  readonly #timing: typeof TIMING;
  readonly #wanted = new Set<string>();
  readonly #known = new Set<string>();
  #again: ReturnType<typeof setTimeout> | undefined;
  #live: Link | undefined;
  #next: Link | undefined;
  #running: object | undefined;
  #replaced = false;
  #wake: () => void = () => {};

  constructor(options: Options) {
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
    this.positions = { ...options.positions };
    for (const channel of Object.keys(this.positions)) if (!comesByItself(channel)) this.#wanted.add(channel);
  }

  start(): void {
    if (this.#running) return;
    this.#replaced = false;
    const run = (this.#running = {});
    globalThis.addEventListener?.("online", this.#online);
    void this.#run(run);
  }

  /** The page is looked at: try at once, also after other windows or lost sockets of this person replaced this one. */
  wake(): void {
    if (this.#replaced) this.start();
    else if (this.#running && !this.#live) this.#wake();
  }

  close(why?: unknown): void {
    this.#replaced = this.#running !== undefined && why === "replaced";
    if (!this.#running) return;
    this.#running = undefined;
    globalThis.removeEventListener?.("online", this.#online);
    this.#live?.drop();
    this.#next?.drop();
    this.#live = this.#next = undefined;
    this.#wake();
    this.#options.onState?.("ended", why);
  }

  /** Listen to these channels, now and on every later socket. Each that is refused is told as an `error`. */
  async subscribe(...channels: string[]): Promise<void> {
    for (const channel of channels) this.#wanted.add(channel);
    if (this.#live) await this.#subscribe(this.#live, channels);
  }

  unsubscribe(...channels: string[]): void {
    for (const channel of channels) this.#forget(channel);
    this.#live?.send({ action: "unsubscribe", channels });
  }

  /** Any other question, such as `{action: "presence"}`; false while there is no socket, which does not keep it. */
  send(question: Question): boolean {
    return this.#live?.send(question) ?? false;
  }

  readonly #online = () => this.#wake();

  /** `run` is of one start, as another may come before this has noticed its end. */
  async #run(run: object): Promise<void> {
    let pause = this.#timing.firstPause;
    while (this.#running === run) {
      const began = Date.now();
      try {
        if (!this.#live) this.#options.onState?.("connecting");
        const life = await this.#move(run);
        const planned = life < this.#timing.shortestLife ? undefined : life * (0.85 + Math.random() / 10);
        await Promise.race([this.#live?.gone, this.#pause(planned)]);
        this.#wake();
        if (this.#live?.open) continue;
      } catch (error) {
        if (this.#running !== run) return;
        this.#next?.drop();
        this.#next = undefined;
        if (!this.#live?.open) this.#options.onState?.("waiting", error);
      }
      if (this.#running !== run) return;
      if (!this.#live?.open) this.#live = undefined;
      if (Date.now() - began > this.#timing.steady) pause = this.#timing.firstPause;
      // Those who lose a gateway lose it at once, and must not come back at once.
      await this.#pause(Math.random() * pause);
      pause = Math.min(2 * pause, this.#timing.longestPause);
    }
  }

  /** Open a socket, resume on it, and leave the one before; how long it will live. */
  async #move(run: object): Promise<number> {
    const ticket = await this.#options.ticket();
    if (this.#running !== run) throw new Error("closed");
    const address = `${this.#options.url}?ticket=${encodeURIComponent(ticket)}`;
    const link = new Link(new WebSocket(address), this.#timing, (frame) => this.#take(link, frame));
    this.#next = link;
    await link.opened;
    const asked: Record<string, string> = {};
    let resumed: Answer;
    do {
      const more = Object.fromEntries(Object.entries(this.positions).filter(([channel]) => !(channel in asked)));
      Object.assign(asked, more);
      resumed = await this.#resume(link, more);
      // What was subscribed to meanwhile, on the socket before, is resumed too.
    } while (Object.keys(this.positions).some((channel) => !(channel in asked)));
    this.#live?.drop();
    this.#live = link;
    this.#next = undefined;
    this.#release(link, asked, resumed);
    this.#options.onState?.("live");
    await this.#subscribe(link, this.#missing());
    // By the server's clock, as this machine's may be wrong: a position begins with its milliseconds.
    const given = Number.parseInt(resumed.position!.replace("-", "").slice(0, 12), 16);
    return Date.parse(resumed.ends_at!) - given;
  }

  async #resume(link: Link, positions: Record<string, string>): Promise<Answer> {
    for (let pause = this.#timing.firstPause; ; pause = Math.min(2 * pause, this.#timing.longestPause)) {
      const grant = await this.#grant(Object.keys(positions)); // each time, as it lives for ten minutes
      const answer = await link.ask({ action: "resume", positions, ref: RESUME, ...grant });
      if (answer.type === "resumed") {
        // Before what was held is shown, as some of them may be among it.
        for (const id of answer.omitted ?? []) this.#isNew(id);
        return answer;
      }
      await this.#pause(this.#pauseOf(answer, (Math.random() + 1) * (pause / 2)));
      if (!link.open) throw new Error("lost while it resumed");
    }
  }

  /** Show what was held, in the order of positions, for live frames overtake a replay. */
  #release(link: Link, asked: Record<string, string>, resumed: Answer): void {
    const held = link.release();
    for (const frame of held.filter((each) => !isTold(each))) this.#answer(frame as Answer);
    const told = held.filter(isTold).sort((one, other) => (one.position < other.position ? -1 : 1));
    for (const frame of told) this.#show(frame);
    for (const channel of [...Object.keys(asked), ...(resumed.channels ?? [])])
      if (comesByItself(channel) || this.#wanted.has(channel)) this.#advance(channel, resumed.position!);
    this.#tell(resumed);
  }

  #take(link: Link, frame: Frame): void {
    if (frame.type === "closing") this.#closing(link, frame as Answer);
    else if (link.hold(frame)) return;
    else if (isTold(frame)) this.#show(frame);
    else this.#answer(frame);
  }

  #closing(link: Link, frame: Answer): void {
    this.#tell(frame);
    // Who has as many sockets as one may loses the oldest to the next one, which may be this client's own.
    const replacedByOwn = frame.code === "replaced" && link === this.#live && this.#next;
    if (!frame.reconnect && !replacedByOwn) this.close(frame.code);
    else link.drop();
  }

  #answer(frame: Answer): void {
    if (isForLater(frame) && frame.ref === SUBSCRIBE) return this.#askAgain(this.#pauseOf(frame));
    if (frame.type === "subscribed")
      for (const channel of frame.channels ?? []) if (this.#wanted.has(channel)) this.#advance(channel, frame.position!);
    if (frame.type === "error" && frame.channel && !isForLater(frame)) this.#forget(frame.channel);
    if (frame.type === "resync") this.#options.onResync?.(frame.channel!);
    this.#tell(frame);
  }

  #show(frame: Told): void {
    if (!this.#isNew(frame.id)) return;
    if (comesByItself(frame.channel) || this.#wanted.has(frame.channel)) this.#advance(frame.channel, frame.position);
    this.#tell(frame);
  }

  /** From now on it is not, until a thousand others came. */
  #isNew(id: string): boolean {
    const known = this.#known.delete(id);
    this.#known.add(id);
    if (this.#known.size > KNOWN_IDS) this.#known.delete(this.#known.values().next().value!);
    return !known;
  }

  /** What a page does wrong with a frame is its own error, and no reason to lose the next one. */
  #tell(frame: Frame): void {
    try {
      this.#options.onFrame(frame);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  async #subscribe(link: Link, channels: string[]): Promise<void> {
    if (!channels.length) return;
    const grant = await this.#grant(channels);
    link.send({ action: "subscribe", channels, ref: SUBSCRIBE, ...grant });
  }

  /** What is wanted and was not answered. */
  #missing(): string[] {
    return [...this.#wanted].filter((channel) => !(channel in this.positions));
  }

  /** All of them in one question, on the socket there is then: those that came too fast one by one would so again. */
  #askAgain(pause: number): void {
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      const link = this.#live; // without one, the next asks for what is missing
      if (link?.open) void this.#subscribe(link, this.#missing()).catch(() => link.drop());
    }, pause);
  }

  #pauseOf(answer: Answer, pause = this.#timing.firstPause): number {
    return Math.max(pause, (answer.retry_after ?? 0) * 1_000);
  }

  async #grant(channels: string[]): Promise<{ grant?: string }> {
    const closed = channels.filter(isPrivate);
    return closed.length && this.#options.grant ? { grant: await this.#options.grant(closed) } : {};
  }

  #advance(channel: string, position: string): void {
    if (position > (this.positions[channel] ?? "")) this.positions[channel] = position;
  }

  #forget(channel: string): void {
    this.#wanted.delete(channel);
    delete this.positions[channel];
  }

  /** Until the time is up, or `#wake`; without a time, until that alone. */
  #pause(milliseconds?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(() => this.#wake(), milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
