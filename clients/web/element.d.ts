/** Declarations of element.js. */

export type State = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'failed';
export type View = 'video' | 'local';
export type Emotion = 'neutral' | 'happy' | 'sad' | 'angry' | 'surprised' | 'afraid' | 'disgusted';

export interface Manner {
  emotion?: Emotion;
  /** 0..1 */
  intensity?: number;
  /** 0..2; 1 is as generated */
  style?: number;
  /** Seconds in which the expression comes; with this or one of the next two it passes. */
  onset_s?: number;
  /** Seconds that it stays. */
  apex_s?: number;
  /** Seconds in which it goes again. */
  offset_s?: number;
}

/** Where speech was cut; times of media in 1/48,000 s. */
export interface Cut {
  pts: number;
  frame: number;
  resume_frame: number;
  ms_to_neutral: number;
}

/** Final motion: frame `start` begins at `pts`; a row of 55 numbers a frame. */
export interface Motion {
  start: number;
  fps: number;
  pts: number;
  coefficients: number[][];
}

/** Once a second; milliseconds, undefined while unknown. */
export interface Figures {
  fps: number;
  network: number;
  server?: number;
  buffered: number;
  total?: number;
  repeated?: number;
  detail?: object;
  stage: { mode: View; fps?: number; skewMs?: number; starved: number; device?: string };
}

/** Every 400 ms, of the two seconds that end at media time `pts`; only from a server that listens to its faces. */
export interface Sync {
  type: 'face.sync';
  pts: number;
  /** 0..1, from .7 on in sync, below .3 not; null: nobody spoke enough to be judged */
  score: number | null;
  /** above 0 the mouth is late */
  lag_ms: number | null;
  /** of the lag, 0..1 */
  confidence: number;
  speech_s: number;
  /** speech units of the newest 400 ms of voice, 50 a second */
  said: number[];
  /** those that are heard in the face */
  seen: number[];
  /** once, after an utterance */
  utterance_score: number | null;
  utterance_lag_ms: number | null;
  /** the voice waits so long for the face; below 0 the face for the voice */
  align_ms: number;
  /** with more diffusion steps */
  boosted: boolean;
  /** with a mouth that the voice alone drives */
  fallback: boolean;
}

/** Something was done about it, or (`on` is false) taken back. */
export interface SyncAction {
  type: 'face.sync.action';
  action: 'realign' | 'steps' | 'viseme' | 'alert';
  on: boolean;
  /** in words */
  because: string;
  align_ms: number;
  boosted: boolean;
  fallback: boolean;
}

export interface AvatarEvents {
  statechange: CustomEvent<{ state: State; reason?: string }>;
  viewchange: CustomEvent<{ view: View }>;
  motion: CustomEvent<Motion>;
  figures: CustomEvent<Figures>;
  sync: CustomEvent<Sync>;
  syncaction: CustomEvent<SyncAction>;
  trouble: CustomEvent<{ message: string }>;
}

export class ElocuteAvatar extends HTMLElement {
  /** URL of the server as it was given; empty: where this module came from. */
  server: string;
  /** Latency profile; empty: the server's usual one. */
  profile: string;
  /** Whose head; empty: the server's usual one. */
  avatar: string;
  /** `transparent`, `#rrggbb` or a picture's address; empty: the server's */
  background: string;
  backgroundBlur: string;
  /** For screen readers. */
  label: string;
  muted: boolean;
  /** Whether the next session asks to be recorded; refused where the server records nothing. */
  record: boolean;
  token: string | null;
  /** What is shown now; set, it is what is asked for. */
  view: View;
  readonly base: string;
  readonly state: State;
  /** What the server said last of how face and voice go together; null before, or if it does not listen. */
  readonly sync: Sync | null;
  readonly link: { readonly session: string | null; readonly pc: RTCPeerConnection } | null;
  start(stream?: MediaStream): Promise<void>;
  stop(): void;
  interrupt(): Promise<Cut>;
  express(manner: Manner): void;
  /** How loud somebody is who talks to the face, root mean square 0..1; ten times a second. */
  listen(loudness: number): void;
  addEventListener<K extends keyof AvatarEvents>(
    type: K, listener: (this: ElocuteAvatar, event: AvatarEvents[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string, listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap { 'elocute-avatar': ElocuteAvatar }
}
