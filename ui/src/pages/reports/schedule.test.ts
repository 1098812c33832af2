import { expect, it } from "vitest";
import { whenOf } from "./schedule";

const schedule = { models: ["m"], channels: ["mail"] };

it("says when a report goes out, what is usual too", () => {
  expect(whenOf(schedule)).toBe("Each Monday, 08:00 UTC");
  expect(whenOf({ ...schedule, rule: "FREQ=DAILY", at: "07:30", timezone: "Asia/Kolkata" })).toBe(
    "Each day, 07:30 Asia/Kolkata",
  );
});

it("says a rule of one's own as it was written", () => {
  expect(whenOf({ ...schedule, rule: "FREQ=MONTHLY;BYDAY=-1FR" })).toBe(
    "FREQ=MONTHLY;BYDAY=-1FR, 08:00 UTC",
  );
});
