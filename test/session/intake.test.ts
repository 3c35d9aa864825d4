import { describe, expect, test } from "vitest";
import { Intake } from "../../src/session/intake.js";

class Readable {
  isPaused = false;
  told = 0;
  pauseIntake(): void {
    this.isPaused = true;
    this.told++;
  }
  resumeIntake(): void {
    this.isPaused = false;
    this.told++;
  }
}

const held = (controlLength: number, notificationLength: number) => ({ controlLength, notificationLength });

describe("intake", () => {
  test("stops at the mark and goes on at half of it", () => {
    const intake = new Intake(10);
    const [control, diffs] = [new Readable(), new Readable()];
    const look = (length: number) => {
      intake.check(held(0, length), control, [diffs]);
      return diffs.isPaused;
    };
    expect([9, 10, 9, 6, 5, 9, 10].map(look)).toEqual([false, true, true, true, false, false, true]);
    expect(control.told).toBe(0);
  });

  test("counts control events and notifications apart", () => {
    const intake = new Intake(10);
    const [control, diffs] = [new Readable(), new Readable()];
    intake.check(held(10, 9), control, [diffs]);
    expect([control.isPaused, diffs.isPaused]).toEqual([true, false]);
    intake.check(held(5, 10), control, [diffs]);
    expect([control.isPaused, diffs.isPaused]).toEqual([false, true]);
  });

  test("tells one that comes later, too", () => {
    const intake = new Intake(10);
    const [control, first, late] = [new Readable(), new Readable(), new Readable()];
    intake.check(held(0, 10), control, [first]);
    intake.check(held(0, 11), control, [first, late]);
    expect(late.isPaused).toBe(true);
    intake.check(held(0, 5), control, [first, late]);
    expect([first.isPaused, late.isPaused]).toEqual([false, false]);
  });

  test("leaves the control connection alone where it is asked to", () => {
    const intake = new Intake(10);
    const control = new Readable();
    intake.check(held(10, 0), undefined, []);
    expect(control.told).toBe(0);
    intake.check(held(10, 0), control, []);
    expect(control.isPaused).toBe(true);
  });

  test("that brings the next pause by what it had held back is paused, not left on", () => {
    const intake = new Intake(10);
    const diffs = new Readable();
    intake.check(held(0, 10), undefined, [diffs]);
    diffs.resumeIntake = () => {
      diffs.isPaused = false;
      intake.check(held(0, 12), undefined, [diffs]);
    };
    intake.check(held(0, 5), undefined, [diffs]);
    expect(diffs.isPaused).toBe(true);
    let isResumed = false;
    diffs.resumeIntake = () => {
      isResumed = true;
    };
    intake.check(held(0, 5), undefined, [diffs]);
    expect(isResumed).toBe(true);
  });

  test("says nothing where nothing changes", () => {
    const intake = new Intake(10);
    const control = new Readable();
    for (const length of [0, 3, 9, 5, 0]) intake.check(held(length, 0), control, []);
    expect(control.told).toBe(0);
  });
});
