import { describe, expect, it } from "vitest";
import { own, partOf, wordsOf } from "./side";

const page = {
  modelId: "m",
  start: "2026-01-08T00:00:00.000Z",
  end: "2026-01-15T00:00:00.000Z",
  version: "2",
};

describe("a side", () => {
  it("is of the page's time where none is told, or one that is none", () => {
    for (const period of [undefined, "nonsense", "2026-01-02/2026-01-01", "/"])
      expect(partOf({ period }, page)).toMatchObject({ start: page.start, end: page.end });
  });

  it("ends where the page begins, as long before it", () => {
    expect(partOf({ period: "before" }, page)).toMatchObject({
      start: "2026-01-01T00:00:00.000Z",
      end: "2026-01-08T00:00:00.000Z",
    });
  });

  it("has a version and a segment of its own, and not those of the page", () => {
    expect(partOf({ segment: "tags.a=b" }, page)).toMatchObject({
      version: undefined,
      segment: "tags.a=b",
    });
  });

  it("may have any time", () => {
    const period = "2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.000Z";
    expect(own(period)).toEqual(period.split("/"));
    expect(partOf({ period }, page).end).toBe("2026-01-02T00:00:00.000Z");
  });

  it("is told in few words", () => {
    expect(wordsOf({})).toBe("this time");
    expect(wordsOf({ period: "before", version: "" })).toBe("the time before, version unnamed");
  });
});
