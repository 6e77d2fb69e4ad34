/**
 * Notifications while no page is open: a page registers its browser, and a service worker shows what it is sent.
 *
 * The two halves need nothing of each other, so that a service worker takes no more than its own.
 */

/** What `functions/effects` sends, after the browser decrypted it. A higher `v` may say something else by these names. */
export interface PushMessage {
  v: 1;
  /** Of the notification, as frames and `GET /api/notifications` have it. */
  id: string;
  tag: string;
  kind: string;
  title: string;
  body: string;
  lang: string;
  /** A path of the site. */
  url: string;
  position: string;
  unread: number;
  subject?: Record<string, string | null>;
}

/** `off`: the platform sends none, or the browser knows none. `default`: nobody was asked yet. */
export type Registered = { state: "on"; id: string } | { state: "off" | "denied" | "default"; id?: undefined };

export interface Device {
  registration: ServiceWorkerRegistration;
  /** `fetch` with the access token. */
  request: (path: string, init?: RequestInit) => Promise<Response>;
}

export interface Registering extends Device {
  /** The id of who is signed in. */
  me: string;
  /** Whether to ask the person, which browsers allow after a click only. */
  ask?: boolean;
}

/** In `localStorage`: whose the browser's subscription is. */
const OWNER = "mundotango.push.owner";

/** To be called at each start, which keeps the device known, and with `ask` when the person wants it. */
export async function registerPush({ registration, request, me, ask = false }: Registering): Promise<Registered> {
  if (!("pushManager" in registration) || typeof Notification === "undefined") return { state: "off" };
  const permission = ask ? await Notification.requestPermission() : Notification.permission;
  if (permission !== "granted") return { state: permission };
  const answer = await request("/api/public/push/key");
  if (answer.status === 404) return { state: "off" };
  const { key } = (await accepted(answer)) as { key: string };
  const subscription = (await subscribed(registration.pushManager, bytes(key), me)).toJSON();
  // No more than the API knows: it refuses what a browser may add some day.
  const { endpoint, keys: { p256dh, auth } = {} } = subscription;
  const headers = { "Content-Type": "application/json" };
  const put = { method: "PUT", headers, body: JSON.stringify({ endpoint, keys: { p256dh, auth } }) };
  const { id } = (await accepted(await request("/api/push/devices", put))) as { id: string };
  return { state: "on", id };
}

/**
 * Before the person signs out, whatever `registerPush` said; `id` where it said one. Nothing is shown here any more,
 * whatever is on its way. The API finds out by the next push where it is not told here.
 */
export async function endPush({ registration, request }: Device, id?: string): Promise<void> {
  await (await registration.pushManager?.getSubscription())?.unsubscribe();
  if (!id) return;
  const answer = await request(`/api/push/devices/${id}`, { method: "DELETE" });
  if (answer.status !== 404) await accepted(answer);
}

async function subscribed(
  manager: PushManager, key: Uint8Array<ArrayBuffer>, me: string,
): Promise<PushSubscription> {
  const known = await manager.getSubscription();
  const knownKey = known?.options.applicationServerKey;
  const mine = localStorage.getItem(OWNER) === me;
  if (known && mine && knownKey && String(new Uint8Array(knownKey)) === String(key)) return known;
  // One to a key that was replaced would be refused, as each is for one sender. And to that of whoever was signed in
  // before, without signing out, something of theirs may be on its way.
  await known?.unsubscribe();
  const anew = await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  localStorage.setItem(OWNER, me);
  return anew;
}

async function accepted(answer: Response): Promise<unknown> {
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
  return answer.status === 204 ? undefined : answer.json();
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64url.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}

/** Of a service worker's global scope, what this needs of it: TypeScript has types for a page or for a worker. */
export interface Worker {
  registration: Pick<ServiceWorkerRegistration, "scope" | "showNotification" | "getNotifications">;
  navigator: { setAppBadge?: (unread: number) => Promise<void> };
  clients: {
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<readonly Page[]>;
    openWindow(url: string): Promise<unknown>;
  };
}

export interface Page {
  url: string;
  focus(): Promise<unknown>;
}

/**
 * `addEventListener("push", (event) => event.waitUntil(showPush(self, event.data?.text())))`. It shows something whatever
 * comes, for browsers end the subscription of who does not. Of one tag the later message stands, in any order: what comes
 * after it shows it again, without a sound.
 */
export async function showPush(worker: Worker, text: string | undefined): Promise<void> {
  const message = read(text);
  if (!message) return worker.registration.showNotification("Mundo Tango", { data: { url: "/" } });
  const { title, body, lang, tag, url, position, unread } = message;
  const shown = await worker.registration.getNotifications({ tag });
  const later = shown.find((each) => each.data?.position > position);
  if (later) {
    const { title, body, lang, data } = later;
    return worker.registration.showNotification(title, { body, lang, tag, data, silent: true });
  }
  await worker.registration.showNotification(title, { body, lang, tag, data: { url, position } });
  await worker.navigator.setAppBadge?.(unread);
}

/** `addEventListener("notificationclick", (event) => event.waitUntil(openPush(self, event.notification)))` */
export async function openPush(worker: Worker, notification: Notification): Promise<void> {
  notification.close();
  const url = new URL(notification.data?.url ?? "/", worker.registration.scope);
  if (url.origin !== new URL(worker.registration.scope).origin) return;
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  await (pages.find((page) => page.url === url.href)?.focus() ?? worker.clients.openWindow(url.href));
}

function read(text: string | undefined): PushMessage | undefined {
  try {
    const message = JSON.parse(text ?? "") as PushMessage;
    return message.v === 1 && typeof message.title === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}
