import { Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  title?: ReactNode;
  about?: ReactNode;
  actions?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}

/** A part of a page, with its title, what it is in a few words, and what can be done with it. */
export function Panel({ title, about, actions, flush, children }: Props) {
  return (
    <section className="panel">
      {title ? (
        <header className="panel-head">
          <Title order={2} fz="sm" style={{ flex: "0 0 auto" }}>
            {title}
          </Title>
          <Text size="xs" c="dimmed" truncate style={{ flex: 1 }}>
            {about}
          </Text>
          {actions}
        </header>
      ) : null}
      <div
        className={flush ? undefined : "panel-body"}
        style={flush ? { paddingTop: 8 } : undefined}
      >
        {children}
      </div>
    </section>
  );
}
