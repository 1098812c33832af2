import { describe, expect, it } from "vitest";
import { answerOf, at, condition, inside, namesOf, truthOf, words } from "./record";

describe("words", () => {
  it("says of nothing that it is nothing, and of an empty text that it is empty", () => {
    expect([words(null), words(undefined), words("")]).toEqual(["–", "–", "(empty)"]);
  });

  it("leaves numbers as they are, and takes maps and lists apart", () => {
    expect(words(1234567)).toBe("1234567");
    expect(words(0.123456789)).toBe("0.123456789");
    expect(words(["a", 1])).toBe("a, 1");
    expect(words({ eur: 1, usd: false })).toBe("eur: 1, usd: no");
  });

  it("takes numbers that JSON lacks as they are written", () => {
    expect(words("NaN")).toBe("NaN");
  });
});

it("finds a value in its map, whatever its name holds", () => {
  const record = { features: { "a.b": 1 }, tags: { x: "y" }, status: "ok" };
  expect(at(record, "features.a.b")).toBe(1);
  expect(at(record, "tags.x")).toBe("y");
  expect(at(record, "status")).toBe("ok");
  expect(at({}, "features.a")).toBeUndefined();
});

it("takes a class for the answer before a score", () => {
  expect(answerOf({ prediction_score: 0.7, prediction_label: "fraud" })).toBe("fraud");
  expect(answerOf({ prediction_score: 0 })).toBe("0");
  expect(answerOf({ status: "error" })).toBe("–");
});

it("says of a label that was withdrawn that it was", () => {
  expect(truthOf({ actual_label: "ok", retract: true })).toBe("withdrawn");
  expect(truthOf({ actual_score: 3 })).toBe("3");
});

describe("conditions", () => {
  it("end their column at the first sign of equality", () => {
    expect(condition("features.a=b=c")).toEqual(["features.a", "b=c"]);
    expect(condition("features.a=")).toEqual(["features.a", ""]);
    expect(condition("features.a")).toBeNull();
  });

  it("are one for each column of a segment", () => {
    expect(inside("tags.a & tags.b=1 & 2")).toEqual([
      ["tags.a", "1"],
      ["tags.b", "2"],
    ]);
    expect(inside("tags.team=R & D")).toEqual([["tags.team", "R & D"]]);
  });
});

it("names what there are columns of, once", () => {
  expect(namesOf([{ a: 1, id: 2 }, { b: 1 }, { a: 3 }], ["id"])).toEqual(["a", "b"]);
});
