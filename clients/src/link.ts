import { isForLater, type Answer, type Frame, type Question } from "./frames.js";

/** Milliseconds. A ping each four minutes also shows that somebody is here; the gateway's idle limit is ten. */
export const TIMING = {
  heartbeat: 240_000,
  answer: 10_000,
  silence: 30_000, // of a socket that opens; a replay takes 20 s at most
  firstPause: 500,
  longestPause: 30_000,
  steady: 10_000, // what a socket has to live for the pauses to begin anew
  shortestLife: 30_000, // below it the server's close is waited for: the token was not renewed
};
export const RESUME = "resume";

/** One socket: what comes on it is held until it is released, and whoever does not answer is dropped. */
export class Link {
  readonly opened: Promise<void>;
  readonly gone: Promise<void>;
  open = true;
  #held: Frame[] | undefined = [];
  #answered: ((answer: Answer) => void) | undefined;
  #end: () => void = () => {};
  #fail: (error: Error) => void = () => {};
  #watch: ReturnType<typeof setTimeout> | undefined;
  #heart: ReturnType<typeof setInterval> | undefined;

  constructor(
    readonly socket: WebSocket,
    readonly timing: typeof TIMING,
    take: (frame: Frame) => void,
  ) {
    this.gone = new Promise((resolve) => (this.#end = resolve));
    this.opened = new Promise((resolve, reject) => {
      this.#fail = reject;
      socket.onopen = () => resolve();
    });
    socket.onclose = () => this.drop();
    socket.onmessage = (message) => {
      this.#calm();
      if (this.#held) this.#expect(timing.silence);
      take(JSON.parse(String(message.data)));
    };
    this.#expect(timing.silence);
  }

  send(question: Question): boolean {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(question));
    return true;
  }

  /** What ends a `resume`: `resumed`, or the error that says to ask again. */
  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#fail = reject;
      if (!this.open || !this.send(question)) reject(new Error("the socket is lost"));
    });
  }

  hold(frame: Frame): boolean {
    const answer = frame as Answer;
    if (answer.type === "resumed" || (isForLater(answer) && answer.ref === RESUME)) this.#answered?.(answer);
    else if (this.#held) this.#held.push(frame);
    else return false;
    return true;
  }

  release(): Frame[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#calm();
    this.#heart = setInterval(() => {
      if (this.send({ action: "ping" })) this.#expect(this.timing.answer);
    }, this.timing.heartbeat);
    return held;
  }

  drop(): void {
    if (!this.open) return;
    this.open = false;
    this.#calm();
    clearInterval(this.#heart);
    this.socket.onmessage = this.socket.onclose = this.socket.onopen = null;
    this.socket.close();
    this.#fail(new Error("the socket is lost"));
    this.#end();
  }

  /** Something, within this time; what is expected already is not put off. */
  #expect(milliseconds: number): void {
    this.#watch ??= setTimeout(() => this.drop(), milliseconds);
  }

  #calm(): void {
    clearTimeout(this.#watch);
    this.#watch = undefined;
  }
}
