import { Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { ago, exactly } from "./time";

/** How long ago, which goes on by itself; the exact moment on hovering. */
export function Moment({ at }: { at: string | null | undefined }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <Text span inherit title={at ? exactly(at) : undefined}>
      {ago(at, now)}
    </Text>
  );
}
