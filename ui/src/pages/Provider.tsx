import { Alert, Button, Divider, Stack } from "@mantine/core";
import { useProvider } from "../api/session";

/** The door for who has an account of their organisation; nothing where there is no such door. */
export function Provider() {
  const here = new URL(window.location.href);
  const { data: provider } = useProvider(here.searchParams.get("refused") ?? "");
  if (!provider) return null;
  here.searchParams.delete("refused");
  const begins = new URL(provider.begins_at);
  begins.searchParams.set("next", here.pathname + here.search + here.hash);
  return (
    <Stack gap="sm" mb="sm">
      {provider.refused ? (
        <Alert color="red" variant="light" role="alert">
          {provider.refused}
        </Alert>
      ) : null}
      <Button component="a" href={begins.href} variant="default" fullWidth>
        Sign in with {provider.name}
      </Button>
      <Divider label="or" />
    </Stack>
  );
}
