import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { endPush, openPush, registerPush, showPush, type Page, type PushMessage, type Worker } from "../src/push.js";

const KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const SITE = "https://mundotango.example/";
const MESSAGE: PushMessage = {
  v: 1, id: "n-1", tag: "n-1", kind: "like", title: "Mundo Tango", body: "13 people liked your post", lang: "en",
  url: "/posts/p-1", position: "0193a7cb-0002", unread: 3,
};

/** A browser as far as a page sees it: its permission, its one subscription, and what the API was asked. */
class Browser {
  readonly asked: string[] = [];
  me = "u-1";
  readonly answers: Record<string, () => Response> = {
    "GET /api/public/push/key": () => Response.json({ key: KEY }),
    "PUT /api/push/devices": () => Response.json({ id: "d-1" }),
    "DELETE /api/push/devices/d-1": () => new Response(null, { status: 204 }),
  };
  subscription: { key: Uint8Array } | undefined;
  subscribed = 0;
  prompts = 0;

  constructor(permission: NotificationPermission = "granted", answer: NotificationPermission = permission) {
    const asked = async () => (this.prompts++, answer);
    const kept = new Map<string, string>();
    const localStorage = {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
    };
    Object.assign(globalThis, { Notification: { permission, requestPermission: asked }, localStorage });
  }

  readonly request = async (path: string, init: RequestInit = {}) => {
    const asked = `${init.method ?? "GET"} ${path}`;
    this.asked.push(init.body ? `${asked} ${init.body}` : asked);
    return this.answers[asked]!();
  };

  get registration(): ServiceWorkerRegistration {
    const pushManager = {
      getSubscription: async () => this.#shown(),
      subscribe: async ({ applicationServerKey }: { applicationServerKey: Uint8Array }) => {
        this.subscription = { key: applicationServerKey };
        this.subscribed++;
        return this.#shown();
      },
    };
    return { pushManager } as unknown as ServiceWorkerRegistration;
  }

  #shown() {
    if (!this.subscription) return null;
    const options = { applicationServerKey: this.subscription.key.buffer };
    const unsubscribe = async () => ((this.subscription = undefined), true);
    const keys = { p256dh: "point", auth: "secret", newer: "?" };
    const toJSON = () => ({ endpoint: `at-${this.subscribed}`, expirationTime: null, newer: "?", keys });
    return { options, unsubscribe, toJSON };
  }
}

/** A service worker's notifications, pages and badge. */
class Shown implements Worker {
  readonly notifications: (NotificationOptions & { title: string })[] = [];
  readonly opened: string[] = [];
  badge = 0;
  calls = 0;
  readonly registration = {
    scope: SITE,
    showNotification: async (title: string, options: NotificationOptions = {}) => {
      this.calls++;
      const same = this.notifications.findIndex((each) => each.tag !== undefined && each.tag === options.tag);
      this.notifications.splice(same < 0 ? this.notifications.length : same, 1, { title, ...options });
    },
    getNotifications: async ({ tag }: GetNotificationOptions = {}) =>
      this.notifications.filter((each) => each.tag === tag) as unknown as Notification[],
  };
  readonly navigator = { setAppBadge: async (unread: number) => void (this.badge = unread) };
  readonly clients;

  constructor(...pages: Page[]) {
    this.clients = { matchAll: async () => pages, openWindow: async (url: string) => this.opened.push(url) };
  }

  async click(url: string): Promise<boolean> {
    let closed = false;
    await openPush(this, { data: { url }, close: () => (closed = true) } as unknown as Notification);
    return closed;
  }
}

afterEach(() => {
  for (const name of ["Notification", "localStorage"]) Reflect.deleteProperty(globalThis, name);
});

test("a browser is subscribed once and registered at each start", async () => {
  const browser = new Browser();
  for (let start = 0; start < 2; start++) assert.deepEqual(await registerPush(browser), { state: "on", id: "d-1" });

  assert.equal(browser.subscribed, 1);
  assert.equal(browser.subscription!.key.length, 65);
  assert.equal(browser.subscription!.key[0], 4);
  const put = 'PUT /api/push/devices {"endpoint":"at-1","keys":{"p256dh":"point","auth":"secret"}}';
  assert.deepEqual(browser.asked.slice(2), ["GET /api/public/push/key", put]);
});

test("a browser subscribes anew for whoever comes after somebody who did not sign out", async () => {
  const browser = new Browser();
  for (const me of ["u-1", "u-2", "u-2"]) await registerPush(Object.assign(browser, { me }));

  assert.equal(browser.subscribed, 2);
});

test("when the platform has another key the browser subscribes to that", async () => {
  const browser = new Browser();
  await registerPush(browser);
  browser.subscription = { key: new Uint8Array(65) };
  await registerPush(browser);

  assert.equal(browser.subscribed, 2);
  assert.equal(browser.subscription.key[0], 4);
});

test("nobody is asked unless they want it, and who refuses is left alone", async () => {
  for (const [before, ask, answer, prompts] of [
    ["default", false, "granted", 0], ["denied", false, "denied", 0], ["default", true, "denied", 1],
  ] as const) {
    const browser = new Browser(before, answer);
    const { registration, request, me } = browser;
    assert.deepEqual(await registerPush({ registration, request, me, ask }), { state: ask ? answer : before });
    assert.deepEqual([browser.prompts, browser.asked, browser.subscribed], [prompts, [], 0]);
  }
  assert.equal((await registerPush(Object.assign(new Browser("default", "granted"), { ask: true }))).state, "on");
});

test("where there is no Web Push, here or there, there is none", async () => {
  const browser = new Browser();
  browser.answers["GET /api/public/push/key"] = () => new Response(null, { status: 404 });
  assert.deepEqual(await registerPush(browser), { state: "off" });
  const { request, me } = browser;
  assert.deepEqual(await registerPush({ registration: {} as ServiceWorkerRegistration, request, me }), { state: "off" });
  assert.equal(browser.subscribed, 0);
});

test("what the API refuses is told", async () => {
  const browser = new Browser();
  browser.answers["PUT /api/push/devices"] = () => new Response(null, { status: 503 });
  await assert.rejects(registerPush(browser), /503/);
  browser.answers["DELETE /api/push/devices/d-1"] = () => new Response(null, { status: 503 });
  await assert.rejects(endPush(browser, "d-1"), /503/);
  assert.equal(browser.subscription, undefined);
});

test("who signs out is shown nothing more, known to the API or not", async () => {
  for (const status of [204, 404]) {
    const browser = new Browser();
    await registerPush(browser);
    browser.answers["DELETE /api/push/devices/d-1"] = () => new Response(null, { status });
    await endPush(browser, "d-1");
    assert.equal(browser.subscription, undefined);
    assert.equal(browser.asked.at(-1), "DELETE /api/push/devices/d-1");
  }
});

test("who signs out before the API named the device is shown nothing more either", async () => {
  const browser = new Browser();
  browser.answers["PUT /api/push/devices"] = () => new Response(null, { status: 503 });
  const registered = await registerPush(browser).catch(() => undefined);
  await endPush(browser, registered?.id);

  assert.equal(browser.subscription, undefined);
});

test("a message is shown, in its language, and its number in the badge", async () => {
  const worker = new Shown();
  await showPush(worker, JSON.stringify(MESSAGE));

  const { body, lang, tag, url, position } = MESSAGE;
  assert.deepEqual(worker.notifications, [{ title: MESSAGE.title, body, lang, tag, data: { url, position } }]);
  assert.equal(worker.badge, 3);
});

test("of one notification the later message stands, however often and in whatever order they come", async () => {
  const later = { ...MESSAGE, body: "14 people liked your post", position: "0193a7cb-0003", unread: 4 };
  const other = { ...MESSAGE, tag: "n-2", position: "0193a7cb-0001" };
  const worker = new Shown();
  for (const each of [MESSAGE, later, MESSAGE, later, other]) await showPush(worker, JSON.stringify(each));

  assert.deepEqual(worker.notifications.map((each) => each.body), [later.body, other.body]);
  assert.equal(worker.calls, 5);
  await showPush(worker, JSON.stringify(MESSAGE));
  const { title, body, lang, tag, url, position } = later;
  assert.deepEqual(worker.notifications[0], { title, body, lang, tag, data: { url, position }, silent: true });
});

test("something is shown whatever comes", async () => {
  const worker = new Shown();
  for (const text of [undefined, "", "{", "null", "[]", '{"v":2,"title":"?"}', '{"v":1}']) await showPush(worker, text);

  assert.deepEqual(new Set(worker.notifications.map((each) => each.title)), new Set(["Mundo Tango"]));
  assert.equal(worker.notifications.length, 7);
});

test("a click leads to the page that shows it, or opens one, and to no other site", async () => {
  const focused: string[] = [];
  const page = (url: string) => ({ url, focus: async () => focused.push(url) });
  const worker = new Shown(page(SITE), page(`${SITE}posts/p-1`));

  for (const url of ["/posts/p-1", "/notifications", "https://evil.example/", "//evil.example/"]) {
    assert.ok(await worker.click(url));
  }

  assert.deepEqual([focused, worker.opened], [[`${SITE}posts/p-1`], [`${SITE}notifications`]]);
});
