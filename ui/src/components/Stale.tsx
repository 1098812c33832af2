import { Alert, Button, Stack, Text } from "@mantine/core";

interface Props {
  /** Go on from what is there now, with what was written here. */
  onGoOn: () => void;
}

/** Two people changed the same: neither is written over unseen. */
export function Stale({ onGoOn }: Props) {
  return (
    <Alert color="orange" title="Somebody else changed this meanwhile" role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          Nothing was saved. What they changed is shown now, and what you wrote is still here: look
          at both, then save again.
        </Text>
        <Button size="xs" variant="default" onClick={onGoOn}>
          Go on from theirs
        </Button>
      </Stack>
    </Alert>
  );
}
