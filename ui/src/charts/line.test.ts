import { describe, expect, it } from "vitest";
import { line } from "./line";

describe("line", () => {
  it("draws nothing of nothing", () => {
    expect(line([], 100, 20, false)).toEqual({ path: "", area: null, last: null });
    expect(line([null, Number.NaN], 100, 20, true).path).toBe("");
  });

  it("goes from the least to the most", () => {
    expect(line([1, 3], 100, 20, false).path).toBe("M2,18L98,2");
  });

  it("leaves a gap where a value is missing", () => {
    const found = line([1, null, 2], 100, 20, true);
    expect(found.path).toBe("M2,10M98,2");
    expect(found.area).toBeNull();
  });

  it("lies in the middle where all is the same", () => {
    expect(line([5, 5], 100, 20, false).path).toBe("M2,10L98,10");
  });
});
