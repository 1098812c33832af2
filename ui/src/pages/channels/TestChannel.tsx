import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconSend } from "@tabler/icons-react";
import { type Tested, useTestChannel } from "../../api/channels";
import { useMay } from "../../api/session";
import { said } from "../../components/said";

/** Sends a test through the whole way, and says what came back. */
export function TestChannel({ name }: { name: string }) {
  const isAdmin = useMay("admin");
  const { mutate, isPending } = useTestChannel();
  if (!isAdmin) return null;
  const tell = (tested: Tested) =>
    notifications.show({
      title: tested.delivered ? `${name} took the test` : `${name} did not take the test`,
      message: tested.answer || (tested.reason ?? ""),
      color: tested.delivered ? "tide" : "red",
    });
  return (
    <Button
      size="compact-xs"
      variant="default"
      leftSection={<IconSend size={13} />}
      loading={isPending}
      aria-label={`Test ${name}`}
      onClick={(event) => {
        event.stopPropagation();
        mutate(name, { onSuccess: tell, onError: said });
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      Test
    </Button>
  );
}
