import { Alert, Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import type { FormEvent } from "react";
import { useChangeMember } from "../../api/members";

/** A new password for somebody who has lost theirs. */
export function PasswordForm({ email, onClose }: { email: string; onClose: () => void }) {
  const { mutate, isPending, error } = useChangeMember();
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get("password") ?? "");
    mutate({ email, body: { password } }, { onSuccess: onClose });
  };
  return (
    <Modal opened onClose={onClose} title={`New password for ${email}`} size="sm">
      <form onSubmit={send}>
        <Stack gap="sm">
          <Text size="sm">Their sessions end, and they log in with this one.</Text>
          <PasswordInput
            name="password"
            label="Password"
            minLength={12}
            required
            autoComplete="new-password"
          />
          {error ? (
            <Alert color="red" variant="light" role="alert">
              {error.message}
            </Alert>
          ) : null}
          <Group justify="flex-end">
            <Button type="submit" size="xs" loading={isPending}>
              Set it
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
