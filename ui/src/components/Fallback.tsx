import { Alert, Button, Skeleton, Stack, Text } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { QueryErrorResetBoundary } from "@tanstack/react-query";
import { Component, type ReactNode, Suspense } from "react";
import { Problem } from "../api/client";

interface Props {
  children: ReactNode;
  height?: number;
}

/** A part that loads and fails alone: the rest of the page stays. */
export function Part({ children, height = 160 }: Props) {
  return (
    <QueryErrorResetBoundary>
      {({ reset }) => (
        <Boundary onReset={reset}>
          <Suspense
            fallback={<Skeleton height={height} radius="md" role="status" aria-label="Loading" />}
          >
            {children}
          </Suspense>
        </Boundary>
      )}
    </QueryErrorResetBoundary>
  );
}

class Boundary extends Component<{ children: ReactNode; onReset: () => void }, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    const again = () => {
      this.props.onReset();
      this.setState({ error: undefined });
    };
    return <Failure error={error} onAgain={again} />;
  }
}

export function Failure({ error, onAgain }: { error: Error; onAgain?: () => void }) {
  const problem = error instanceof Problem ? error : null;
  return (
    <Alert
      color="gray"
      icon={<IconPlugConnectedX />}
      title={problem?.title ?? "This part could not be shown"}
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{problem?.detail || error.message}</Text>
        {problem?.requestId ? (
          <Text size="xs" c="dimmed">
            Request {problem.requestId}: the server's log has it.
          </Text>
        ) : null}
        {onAgain ? (
          <Button size="xs" variant="default" onClick={onAgain}>
            Try again
          </Button>
        ) : null}
      </Stack>
    </Alert>
  );
}
