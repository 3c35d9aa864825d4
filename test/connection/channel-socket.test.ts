import { beforeEach, describe, expect, test } from "vitest";
import { ChannelSocket, type Frame, TransientFailure } from "../../src/connection/channel-socket.js";
import type { Socket } from "../../src/transport/socket.js";
import { FakePlatform, settle } from "../support/fake-platform.js";

let platform: FakePlatform;
let sent: string[];
let isOpen: boolean;
let channelSocket: ChannelSocket;

beforeEach(() => {
  platform = new FakePlatform();
  sent = [];
  isOpen = true;
  const socket: Socket = {
    send: (text) => {
      if (isOpen) sent.push(text);
      return isOpen;
    },
    ping: undefined,
    pause: undefined,
    resume: undefined,
    close: () => {},
    terminate: () => {},
  };
  channelSocket = new ChannelSocket(socket, platform);
});

/** Returns a receiver that records frames, and runs an action when a certain frame arrives. */
function receiver(at: Record<string, () => void> = {}): { frames: Frame[]; receive: (frame: Frame) => void } {
  const frames: Frame[] = [];
  const receive = (frame: Frame): void => {
    frames.push(frame);
    if (typeof frame === "string") at[frame]?.();
  };
  return { frames, receive };
}

describe("ChannelSocket.send", () => {
  test("ChannelSocket.send returns whether the text was passed to the socket", () => {
    expect(channelSocket.send("one")).toBe(true);
    isOpen = false;
    expect(channelSocket.send("two")).toBe(false);
    expect(sent).toEqual(["one"]);
  });

  test("ChannelSocket.send returns false after the socket is lost", () => {
    channelSocket.handleLost("gone");
    expect(channelSocket.send("late")).toBe(false);
    expect(sent).toEqual([]);
  });
});

describe("ChannelSocket.next", () => {
  test("ChannelSocket.next returns buffered frames in order, then later frames", async () => {
    channelSocket.handleFrame("one");
    channelSocket.handleFrame(new Uint8Array([2]));
    expect(await channelSocket.next(1_000, "answer")).toBe("one");
    expect(await channelSocket.next(1_000, "answer")).toEqual(new Uint8Array([2]));
    const third = channelSocket.next(1_000, "answer");
    channelSocket.handleFrame("three");
    channelSocket.handleFrame("four");
    expect(await third).toBe("three");
    expect(await channelSocket.next(1_000, "answer")).toBe("four");
  });

  test("after its timeout, ChannelSocket.next rejects with an error that names the missing response", async () => {
    const waiting = channelSocket.next(120_000, "sessionAttached");
    const rejected = expect(waiting).rejects.toThrow(new TransientFailure("no sessionAttached within 120000 ms"));
    await platform.advance(119_999);
    expect(platform.timers).toEqual([1]);
    await platform.advance(1);
    await rejected;
  });

  test("ChannelSocket.next returns a frame that arrived after an earlier call had timed out", async () => {
    const waiting = channelSocket.next(10, "answer").catch((error: Error) => error.message);
    await platform.advance(10);
    expect(await waiting).toBe("no answer within 10 ms");
    channelSocket.handleFrame("late");
    expect(await channelSocket.next(10, "answer")).toBe("late");
  });

  test("ChannelSocket.next rejects pending and later calls with the reason why the socket was lost", async () => {
    const waiting = channelSocket.next(10, "answer");
    channelSocket.handleLost("1012 service restart");
    channelSocket.handleLost("the connection was left");
    await expect(waiting).rejects.toThrow(new TransientFailure("1012 service restart"));
    await expect(channelSocket.next(10, "answer")).rejects.toThrow(new TransientFailure("1012 service restart"));
  });

  test("ChannelSocket.next leaves no timer when it resolves or when the socket is lost", async () => {
    const answered = channelSocket.next(10, "answer");
    channelSocket.handleFrame("answer");
    await answered;
    expect(platform.timers).toEqual([]);
    const lost = channelSocket.next(10, "answer").catch(() => "lost");
    channelSocket.handleLost("gone");
    expect(await lost).toBe("lost");
    expect(platform.timers).toEqual([]);
  });
});

describe("ChannelSocket.receive", () => {
  test("ChannelSocket.receive passes the buffered frames to the receiver first, then each new frame when it arrives", () => {
    const { frames, receive } = receiver();
    channelSocket.handleFrame("one");
    channelSocket.handleFrame("two");
    void channelSocket.receive(receive);
    channelSocket.handleFrame("three");
    expect(frames).toEqual(["one", "two", "three"]);
  });

  test("ChannelSocket.receive first delivers the frames that the handshake has not read", async () => {
    channelSocket.handleFrame("answer");
    channelSocket.handleFrame("early event");
    expect(await channelSocket.next(10, "answer")).toBe("answer");
    const { frames, receive } = receiver();
    void channelSocket.receive(receive);
    expect(frames).toEqual(["early event"]);
  });

  test("ChannelSocket.receive delivers all buffered frames before a frame that arrives during the delivery", () => {
    const { frames, receive } = receiver({ one: () => channelSocket.handleFrame("three") });
    channelSocket.handleFrame("one");
    channelSocket.handleFrame("two");
    void channelSocket.receive(receive);
    expect(frames).toEqual(["one", "two", "three"]);
  });

  test("ChannelSocket.receive drops frames that arrive after the socket is lost", async () => {
    const { frames, receive } = receiver();
    void channelSocket.receive(receive);
    channelSocket.handleLost("gone");
    channelSocket.handleFrame("late");
    void channelSocket.receive(receive);
    expect(frames).toEqual([]);
  });

  test("after startClose, ChannelSocket passes frames only to the receiver of the close handshake", async () => {
    const { frames, receive } = receiver();
    const closing = receiver();
    void channelSocket.receive(receive);
    channelSocket.pause();
    channelSocket.handleFrame("buffered before the close");
    channelSocket.startClose(closing.receive);
    channelSocket.handleFrame("late");
    expect([frames, closing.frames]).toEqual([[], ["late"]]);
    expect(channelSocket.send("close request")).toBe(true);
  });

  test("if a frame arrives and then the socket is lost, a pending call of ChannelSocket.next returns the frame", async () => {
    const waiting = channelSocket.next(10, "answer");
    channelSocket.handleFrame("refused");
    channelSocket.handleLost("1000 normal closure");
    await settle();
    expect(await waiting).toBe("refused");
  });
});

describe("a paused channel socket", () => {
  test("a channel socket keeps frames that arrive during a pause, and delivers them in order after resume()", () => {
    const { frames, receive } = receiver();
    void channelSocket.receive(receive);
    channelSocket.handleFrame("one");
    channelSocket.pause();
    channelSocket.handleFrame("two");
    channelSocket.handleFrame("three");
    expect(frames).toEqual(["one"]);
    channelSocket.resume();
    channelSocket.handleFrame("four");
    expect(frames).toEqual(["one", "two", "three", "four"]);
  });

  test("a pause during the delivery of buffered frames keeps the remaining frames in the buffer", () => {
    const { frames, receive } = receiver({ two: () => channelSocket.pause() });
    void channelSocket.receive(receive);
    channelSocket.pause();
    for (const frame of ["one", "two", "three"]) channelSocket.handleFrame(frame);
    channelSocket.resume();
    expect(frames).toEqual(["one", "two"]);
    channelSocket.resume();
    expect(frames).toEqual(["one", "two", "three"]);
  });

  test("a paused channel socket drops its buffered frames when the connection is lost", () => {
    const { frames, receive } = receiver();
    void channelSocket.receive(receive);
    channelSocket.pause();
    channelSocket.handleFrame("buffered");
    channelSocket.handleLost("gone");
    channelSocket.resume();
    expect(frames).toEqual([]);
  });
});

describe("the buffer of unread frames", () => {
  test("the buffer of unread frames is limited to 10,000 frames", () => {
    for (let i = 0; i < 10_000; i++) expect(channelSocket.handleFrame("x")).toBe(true);
    expect(channelSocket.handleFrame("x")).toBe(false);
  });

  test("the buffer of unread frames is limited to 64 MiB", () => {
    const large = new Uint8Array(40 * 1024 * 1024);
    expect(channelSocket.handleFrame(large)).toBe(true);
    expect(channelSocket.handleFrame(large)).toBe(false);
  });
});

describe("a deadline", () => {
  test("the deadline of a ChannelSocket is not extended by frames that arrive", async () => {
    channelSocket.startDeadline(25);
    for (let i = 0; i < 2; i++) {
      const waiting = channelSocket.next(20, "answer");
      await platform.advance(10);
      channelSocket.handleFrame("noise");
      expect(await waiting).toBe("noise");
    }
    const late = channelSocket.next(20, "answer").catch((error: Error) => error.message);
    await platform.advance(5);
    expect(await late).toBe("no answer within 25 ms");
  });

  test("ChannelSocket.next rejects after the deadline, even if a frame is buffered", async () => {
    channelSocket.startDeadline(10);
    channelSocket.handleFrame("noise");
    await platform.advance(10);
    await expect(channelSocket.next(20, "answer")).rejects.toThrow("no answer within 10 ms");
  });

  test("a second call of ChannelSocket.startDeadline replaces the first deadline", async () => {
    channelSocket.startDeadline(10);
    await platform.advance(9);
    channelSocket.startDeadline(10);
    await platform.advance(9);
    channelSocket.handleFrame("answer");
    expect(await channelSocket.next(20, "answer")).toBe("answer");
  });
});
