import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isTold, type Frame, type Question, type Told } from "../src/frames.js";
import { RealtimeClient, type Options } from "../src/realtime.js";
import { ME, Peer, Server, at, post, type Faults } from "./server.js";

const SOON = { heartbeat: 10_000, answer: 60, silence: 1_000, firstPause: 10, longestPause: 40, steady: 0, shortestLife: 0 };

class Page {
  readonly frames: Frame[] = [];
  readonly states: string[] = [];
  readonly resyncs: string[] = [];
  readonly granted: string[][] = [];
  tickets = 0;
  readonly client: RealtimeClient;

  constructor(readonly server: Server, options: Partial<Options> = {}) {
    this.client = new RealtimeClient({
      url: server.url,
      ticket: async () => `ticket-${++this.tickets}`,
      grant: async (channels) => `grant-${this.granted.push(channels)}`,
      onFrame: (frame) => this.frames.push(frame),
      onResync: (channel) => this.resyncs.push(channel),
      onState: (state) => this.states.push(state),
      ...options,
      timing: { ...SOON, ...options.timing },
    });
  }

  get told(): Told[] {
    return this.frames.filter(isTold);
  }

  get positions(): string[] {
    return this.told.map((frame) => frame.position);
  }

  answers(type: string): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  async live(times = 1): Promise<void> {
    await until(() => this.states.filter((state) => state === "live").length >= times);
  }
}

const closers: (() => unknown)[] = [];

async function opened(faults: Faults = {}, options: Partial<Options> = {}): Promise<Page> {
  const server = await Server.open(faults);
  const page = new Page(server, options);
  closers.push(() => page.client.close(), () => server.close());
  page.client.start();
  return page;
}

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function until(holds: () => boolean, milliseconds = 3_000): Promise<void> {
  for (const ends = Date.now() + milliseconds; !holds(); await sleep(2))
    assert.ok(Date.now() < ends, `not within ${milliseconds} ms: ${holds}`);
}

/** Everything of the log once, and each channel in its order. */
function assertComplete(page: Page): void {
  const ids = page.told.map((frame) => frame.id);
  assert.equal(new Set(ids).size, ids.length, "something was shown twice");
  assert.deepEqual([...ids].sort(), page.server.log.map((frame) => frame.id), "something was not shown");
  for (const channel of new Set(page.told.map((frame) => frame.channel))) {
    const shown = page.told.filter((frame) => frame.channel === channel).map((frame) => frame.position);
    assert.deepEqual(shown, [...shown].sort(), `${channel} was shown in another order`);
  }
}

test("shows what happens, and keeps the last position of each channel", async () => {
  const page = await opened();
  await page.live();
  assert.deepEqual(page.server.last.questions[0], { action: "resume", positions: {}, ref: "resume" });
  for (const channel of ["home", ME, "home"]) page.server.happens(channel);

  await until(() => page.told.length === 3);
  assert.deepEqual(page.client.positions, { home: at(3), [ME]: at(2) });
});

test("comes back after a cut and shows what it missed, once and in order", async () => {
  const page = await opened({ twice: true, backwards: true });
  await page.live();
  page.server.happens("home");
  await until(() => page.told.length === 1);
  page.server.last.cut();
  for (const channel of ["home", "home", ME, "home"]) page.server.happens(channel);

  await page.live(2);
  await until(() => page.told.length === 5);
  assertComplete(page);
  assert.deepEqual(page.server.last.asked("resume")[0]!["positions"], { home: at(1), [ME]: at(0) });
});

test("holds live frames until a slow replay has ended", async () => {
  const page = await opened({}, { positions: { home: at(0) } });
  await page.live();
  page.server.last.cut();
  await until(() => page.server.open.length === 0);
  page.server.happens("home");
  page.server.faults.slow = 60;
  await until(() => page.server.peers.length === 2 && page.server.last.asked("resume").length === 1);
  page.server.happens("home");
  await sleep(30);
  assert.deepEqual(page.told, []);

  await page.live(2);
  assertComplete(page);
});

test("takes for shown what a replay left out", async () => {
  const page = await opened();
  await page.live();
  Object.assign(page.server.faults, { omitted: [at(1), at(3)], slow: 50 });
  page.server.last.cut();
  await until(() => page.server.peers.length === 2 && page.server.last.asked("resume").length === 1);
  for (const channel of ["home", "home"]) page.server.happens(channel); // held
  await page.live(2);
  for (const channel of ["home", "home"]) page.server.happens(channel);
  await until(() => page.client.positions["home"] === at(4));
  assert.deepEqual(page.positions, [at(2), at(4)]);
});

test("loses nothing over many cuts while much happens", async () => {
  const page = await opened({ twice: true, slow: 5 });
  await page.live();
  await page.client.subscribe(post(7));
  await until(() => page.answers("subscribed").length === 1);
  for (let number = 0; number < 200; number++) {
    page.server.happens(["home", ME, post(7)][number % 3]!);
    if (number % 20 === 10) page.server.last.cut();
    await sleep(2);
  }
  await until(() => page.told.length >= 200);
  assertComplete(page);
  assert.ok(page.server.peers.length > 5);
});

test("moves to the next socket before the last one ends, without a gap", async () => {
  const page = await opened({ life: 150, slow: 20 });
  await page.live();
  let most = 0;
  for (let number = 0; number < 150; number++) {
    page.server.happens("home");
    most = Math.max(most, page.server.open.length);
    await sleep(3);
  }
  await until(() => page.told.length >= 150);
  assertComplete(page);
  assert.ok(page.server.peers.length >= 3, "it did not move");
  assert.ok(most === 2, "the next was opened after the last was closed");
  assert.ok(!page.states.includes("waiting"));
  await until(() => page.server.open.length <= 2);
});

test("waits for the end where its token was not renewed", async () => {
  const page = await opened({ life: 60 }, { timing: { shortestLife: 100 } });
  await page.live();
  await sleep(150);
  assert.equal(page.server.peers.length, 1);
});

test("takes along what it subscribes to while it moves", async () => {
  const page = await opened({ slow: 60 });
  await page.live();
  page.server.faults.life = 50;
  page.server.last.cut();
  await page.live(2); // this one ends soon
  page.server.faults.life = 100_000;
  await until(() => page.server.last.asked("resume").length === 1 && page.server.peers.length === 3);
  await page.client.subscribe(post(1));
  await until(() => page.answers("subscribed").length === 1);
  page.server.happens(post(1));

  await page.live(3);
  page.server.happens(post(1));
  await until(() => page.told.length >= 2);
  assertComplete(page);
  const asked = page.server.last.asked("resume").map((each) => Object.keys(each["positions"] as object));
  assert.deepEqual(asked, [["home", ME], [post(1)]]);
});

test("asks for a grant for what is not public, and anew for each socket", async () => {
  const page = await opened();
  await page.live();
  await page.client.subscribe(post(1), "city:lima");
  await page.client.subscribe("city:bogota");
  await until(() => page.answers("subscribed").length === 2);
  page.server.last.cut();

  await page.live(2);
  assert.deepEqual(page.granted, [[post(1)], [post(1)]]);
  assert.deepEqual(page.server.peers[0]!.asked("subscribe").map((each) => each["grant"]), ["grant-1", undefined]);
  assert.equal(page.server.last.asked("resume")[0]!["grant"], "grant-2");
  assert.ok("city:lima" in (page.server.last.asked("resume")[0]!["positions"] as object));
});

test("asks no more for a channel that is refused", async () => {
  const page = await opened({}, { positions: { [post(1)]: at(0), [post(2)]: at(0) } });
  page.server.faults.answers = {
    resume: (peer, question) => {
      const message = "this channel needs a grant";
      peer.say({ v: 1, type: "error", code: "not-allowed", message, channel: post(1), ref: question.ref! });
      page.server.resumed(peer, question);
    },
  };
  await page.live();
  assert.deepEqual(page.answers("error").map((frame) => frame.channel), [post(1)]);
  page.server.last.cut();

  await page.live(2);
  const channels = Object.keys(page.server.last.asked("resume")[0]!["positions"] as object);
  assert.deepEqual(channels.sort(), ["home", post(2), ME].sort());
});

test("subscribes again to what was not answered", async () => {
  const page = await opened();
  await page.live();
  page.server.faults.answers = { subscribe: (peer) => peer.cut() };
  await page.client.subscribe("city:lima");
  await until(() => page.server.open.length === 0);
  page.server.faults.answers = {};

  await until(() => page.answers("subscribed").length === 1);
  assert.deepEqual(page.server.last.asked("subscribe").map((each) => each["channels"]), [["city:lima"]]);
});

test("listens no more to what it unsubscribes", async () => {
  const page = await opened({}, { positions: { "city:lima": at(0) } });
  await page.live();
  page.client.unsubscribe("city:lima");
  await until(() => page.answers("unsubscribed").length === 1);
  assert.ok(!("city:lima" in page.client.positions));
});

test("asks again, on the same socket, while a store is away", async () => {
  const page = await opened();
  let times = 0;
  const away = (type: string) => ({ v: 1, type: "error", code: "unavailable", message: "a store is away", ref: type });
  page.server.faults.answers = {
    resume: (peer, question) => (++times < 3 ? peer.say(away("resume")) : page.server.resumed(peer, question)),
    subscribe: (peer, question) => {
      page.server.faults.answers = {};
      peer.say({ ...away(""), ref: question.ref! });
    },
  };
  await page.live();
  await page.client.subscribe("city:lima");
  await until(() => page.answers("subscribed").length === 1);
  assert.equal(page.server.peers.length, 1);
  assert.equal(times, 3);
  assert.deepEqual(page.answers("error"), []);
});

test("asks again for what came too fast, together and when it may", async () => {
  const page = await opened();
  const hasty = (peer: Peer, question: Question) =>
    peer.say({ v: 1, type: "error", code: "too-many", message: "too fast", retry_after: 1, ref: question.ref! });
  await page.live();
  page.server.faults.answers = { subscribe: hasty };
  const channels = ["city:lima", "city:quito", "city:bogota"];
  const began = Date.now();
  for (const channel of channels) await page.client.subscribe(channel);
  await until(() => page.server.last.asked("subscribe").length === 3);
  page.server.faults.answers = {};
  await until(() => page.answers("subscribed").length === 1);
  assert.ok(Date.now() - began >= 990);
  assert.deepEqual(page.server.last.asked("subscribe")[3]!["channels"], channels);
  assert.deepEqual(page.answers("error"), []);
});

test("says which channels have to be fetched anew", async () => {
  const page = await opened();
  page.server.faults.answers = {
    resume: (peer, question) => {
      peer.say({ v: 1, type: "resync", channel: "home", ref: question.ref! });
      page.server.resumed(peer, question);
    },
  };
  await page.live();
  assert.deepEqual(page.resyncs, ["home"]);
});

test("leaves a socket that does not answer a ping", async () => {
  const page = await opened({}, { timing: { heartbeat: 20 } });
  await page.live();
  await until(() => page.server.last.asked("ping").length >= 2);
  assert.equal(page.server.peers.length, 1);
  page.server.faults.answers = { ping: () => {} };

  await page.live(2);
});

test("leaves a socket that never says resumed", async () => {
  const page = await opened({ answers: { resume: () => {} } }, { timing: { silence: 30 } });
  await until(() => page.server.peers.length === 2);
  page.server.faults.answers = {};
  await page.live();
  await until(() => page.server.open.length === 1);
});

test("obeys a closing that says not to come back", async () => {
  const page = await opened();
  await page.live();
  page.server.last.say({ v: 1, type: "closing", code: "suspended", reconnect: false });
  await until(() => page.states.at(-1) === "ended");
  await sleep(60);
  assert.equal(page.server.peers.length, 1);
  assert.equal(page.tickets, 1);
});

test("comes back after a closing that says so", async () => {
  const page = await opened();
  await page.live();
  page.server.last.say({ v: 1, type: "closing", code: "token-expired", reconnect: true });
  await page.live(2);
});

test("is not ended by its own next socket, which replaces its oldest", async () => {
  const page = await opened({ life: 60, slow: 40 });
  await page.live();
  page.server.faults.life = 100_000;
  await until(() => page.server.peers.length === 2 && page.server.last.asked("resume").length === 1);
  page.server.peers[0]!.say({ v: 1, type: "closing", code: "replaced", reconnect: false });
  await page.live(2);
  page.server.happens("home");
  await until(() => page.told.length === 1);
});

test("waits for tickets that cannot be had yet", async () => {
  let tries = 0;
  const ticket = async () => {
    if (++tries < 4) throw new Error("signed out");
    return "ticket";
  };
  const page = await opened({}, { ticket });
  await page.live();
  assert.deepEqual(page.states.filter((state) => state === "waiting").length, 3);
});

test("knows the last thousand ids", async () => {
  const page = await opened();
  await page.live();
  for (let number = 0; number < 1_001; number++) page.server.happens("home");
  await until(() => page.told.length === 1_001);
  // The oldest was forgotten; what comes again is known as long as what is new.
  for (const index of [1_000, 1, 0, 1]) page.server.last.say(page.server.log[index]!);
  page.server.happens(ME);
  await until(() => page.told.length > 1_002);
  assert.deepEqual(page.positions.slice(1_001), [at(1), at(1_002)]);
  assert.equal(page.client.positions["home"], at(1_001));
});

test("is over when it is closed, whatever it was about to do", async () => {
  const page = await opened({ slow: 20 });
  await until(() => page.server.peers.length === 1);
  page.client.close();
  await until(() => page.server.open.length === 0);
  await sleep(40);
  assert.deepEqual([page.states.at(-1), page.server.peers.length, page.frames], ["ended", 1, []]);
});

test("comes back when it is woken after it was replaced, and not after it was closed", async () => {
  const page = await opened();
  await page.live();
  page.server.last.say({ v: 1, type: "closing", code: "replaced", reconnect: false });
  await until(() => page.states.at(-1) === "ended");
  page.client.wake();
  await page.live(2);
  page.client.close();
  page.client.wake();
  await sleep(40);
  assert.equal(page.server.peers.length, 2);
});

test("starts again where it was, at once", async () => {
  const page = await opened();
  await page.live();
  page.server.happens("home");
  await until(() => page.told.length === 1);
  page.client.close();
  page.client.start();
  await page.live(2);
  await sleep(40);
  assert.equal(page.server.peers.length, 2);
  assert.deepEqual(page.server.last.asked("resume")[0]!["positions"], { home: at(1), [ME]: at(0) });
});
