import "@fontsource-variable/inter";
import "@mantine/core/styles.css";
import "../app.css";

import { MantineProvider, Stack, Title } from "@mantine/core";
import { createRoot } from "react-dom/client";
import { Chart } from "../charts/Chart";
import { theme } from "../theme";
import { EXAMPLES } from "./examples";

/** Each picture, of what is usual and of what is hard to draw: one, or all of them. */
function Examples() {
  const wanted = decodeURIComponent(location.hash.slice(1));
  const shown = EXAMPLES.filter((each) => !wanted || each.name === wanted);
  return (
    <Stack gap="xl" p="md" maw={900} mx="auto" component="main">
      <Title order={1}>{wanted || "Pictures"}</Title>
      {shown.map(({ name, drawing }) => (
        <article key={name} data-example={name} aria-label={name}>
          <Chart draw={() => drawing} of={[]} />
        </article>
      ))}
    </Stack>
  );
}

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <Examples />
    </MantineProvider>,
  );
