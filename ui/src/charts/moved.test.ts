import { expect, it } from "vitest";
import { moved, ticksOf } from "./moved";

const days = Array.from({ length: 31 }, (_, place) => `2026-03-${`${place + 1}`.padStart(2, "0")}`);

it("labels where the compared spans begin, and others as far as there is room", () => {
  expect(ticksOf(days, 20, 20)).toContain(20);
  const found = ticksOf(days, 20, 20).toSorted((a, b) => a - b);
  const gaps = found.slice(1).map((place, at) => place - (found[at] ?? 0));
  expect(Math.min(...gaps) * 20).toBeGreaterThan(60);
  expect(found.length).toBeGreaterThan(4);
});

it("labels days alone where spans begin within them, too", () => {
  const halves = days.flatMap((day) => [day, `${day} 12:00 UTC`]);
  expect(ticksOf(halves, 20, 20).every((place) => place % 2 === 0)).toBe(true);
});

it("leaves out spans without rows, and keeps names apart that are written alike", () => {
  const drawing = moved({
    starts: ["a", "b", "c"],
    current_from: 1,
    columns: [
      ["x", [0.1, null]],
      ["x", [0.2, 3]],
    ],
  });
  expect(drawing.rows.map((row) => [row.name, row.from, row.value])).toEqual([
    ["x", 0, 0.1],
    ["x (2)", 0, 0.2],
    ["x (2)", 1, 3],
  ]);
  expect(drawing.summary).toBe("Past the warning mark: x (2)");
});
