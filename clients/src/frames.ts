/** What is said on the socket, as docs/asyncapi.yaml describes it; fields and types may be added to what is here. */

/** Something that happened. */
export interface Told {
  v: number;
  type: string;
  id: string;
  channel: string;
  position: string;
  at: string;
  data: unknown;
}

/** A frame about the conversation itself, such as `subscribed`, `presence`, `typing` or `error`. */
export interface Answer {
  v: number;
  type: string;
  ref?: string | number;
  code?: string;
  message?: string;
  channel?: string;
  channels?: string[];
  omitted?: string[];
  position?: string;
  ends_at?: string;
  reconnect?: boolean;
  retry_after?: number;
  here?: string[];
  user_id?: string;
  until?: string;
}

export type Frame = Told | Answer;
export type Question = { action: string; ref?: string | number } & Record<string, unknown>;

export const isTold = (frame: Frame): frame is Told => "data" in frame;

/** Whether the same question may be answered a little later: a store is away, or it came too fast. */
export const isForLater = (frame: Answer): boolean =>
  frame.type === "error" && (frame.code === "unavailable" || frame.code === "too-many");
