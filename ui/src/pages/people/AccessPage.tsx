import { Stack, Title } from "@mantine/core";
import { useMay } from "../../api/session";
import { Empty } from "../../components/Empty";
import { Part } from "../../components/Fallback";
import { Keys } from "./Keys";
import { Members } from "./Members";

/** Who may log in, and which programs may ask. */
export function AccessPage() {
  const isAdmin = useMay("admin");
  return (
    <Stack gap="md" maw={1200} mx="auto">
      <Title order={1}>Members and keys</Title>
      {isAdmin ? (
        <>
          <Part height={200}>
            <Members />
          </Part>
          <Part height={200}>
            <Keys />
          </Part>
        </>
      ) : (
        <div className="panel">
          <Empty title="Admins look after this">Ask one to let somebody in, or for a key.</Empty>
        </div>
      )}
    </Stack>
  );
}
