import {
  Alert,
  Button,
  Center,
  Code,
  Paper,
  PasswordInput,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { type FormEvent, useState } from "react";
import { type Login, useLogin } from "../api/session";
import { Provider } from "./Provider";

type Way = "password" | "key";

/** The door. */
export function LoginPage() {
  const [way, setWay] = useState<Way>("password");
  const { mutate, isPending, error } = useLogin();
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const told = new FormData(event.currentTarget);
    const field = (name: string) => String(told.get(name) ?? "").trim();
    const body: Login =
      way === "key"
        ? { key: field("key") }
        : { email: field("email"), password: String(told.get("password") ?? "") };
    mutate(body);
  };
  return (
    <Center mih="100vh" p="md">
      <Stack w="100%" maw={360} gap="lg">
        <Stack gap={8} align="center">
          <img src="/mark.svg" width={44} height={44} alt="" />
          <Title order={1}>tidegauge</Title>
        </Stack>
        <Paper withBorder p="lg" bg="var(--panel)">
          <Provider />
          <form onSubmit={send} aria-label="Log in">
            <Stack gap="sm">
              <SegmentedControl
                aria-label="With what"
                value={way}
                onChange={(value) => setWay(value as Way)}
                data={[
                  { value: "password", label: "Password" },
                  { value: "key", label: "API key" },
                ]}
                fullWidth
                size="xs"
              />
              {way === "password" ? (
                <>
                  <TextInput
                    name="email"
                    label="Mail address"
                    type="email"
                    autoComplete="username"
                    required
                  />
                  <PasswordInput
                    name="password"
                    label="Password"
                    autoComplete="current-password"
                    required
                  />
                </>
              ) : (
                <PasswordInput
                  name="key"
                  label="API key"
                  description="One that may read; it is not kept in the browser."
                  placeholder="tg_…"
                  autoComplete="off"
                  required
                />
              )}
              {error ? (
                <Alert color="red" variant="light" role="alert">
                  {error.message}
                </Alert>
              ) : null}
              <Button type="submit" loading={isPending}>
                Log in
              </Button>
            </Stack>
          </form>
        </Paper>
        <Text size="xs" c="dimmed" ta="center">
          Nobody can log in yet? On the server:{" "}
          <Code>tidegauge members add you@example.org --role admin</Code>
        </Text>
      </Stack>
    </Center>
  );
}
