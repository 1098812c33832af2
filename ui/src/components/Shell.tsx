import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  Kbd,
  Text,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { openSpotlight } from "@mantine/spotlight";
import { IconMoon, IconSearch, IconSun } from "@tabler/icons-react";
import { Link, Outlet } from "@tanstack/react-router";
import { useLive } from "../api/live";
import { type Session, useSession } from "../api/session";
import { LoginPage } from "../pages/LoginPage";
import { Failure, Part } from "./Fallback";
import { Freshness } from "./Freshness";
import { Keyboard } from "./Keyboard";
import { Palette } from "./Palette";
import { Person } from "./Person";
import { PLACES } from "./places";

/** Nothing is shown to who has not logged in. */
export function Shell() {
  const { data: session, error, refetch } = useSession();
  if (error) return <Failure error={error} onAgain={refetch} />;
  if (session === undefined) return null;
  return session ? <Frame session={session} /> : <LoginPage />;
}

/** What is around each page: where one is, where one can go, and how fresh all of it is. */
function Frame({ session }: { session: Session }) {
  const [isOpen, { toggle, close }] = useDisclosure();
  const live = useLive();
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 212, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
      padding={{ base: "sm", md: "lg" }}
    >
      <a href="#main" className="skip">
        To the content
      </a>
      <AppShell.Header bg="var(--panel)" style={{ borderColor: "var(--edge)" }}>
        <Group h="100%" px="md" gap="sm" wrap="nowrap">
          <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
          <Link
            to="/"
            className="plain"
            style={{ textDecoration: "none" }}
            aria-label="tidegauge, fleet"
          >
            <Group gap={8} wrap="nowrap">
              <img src="/mark.svg" width={24} height={24} alt="" />
              <Text fw={680} fz="md" lts={-0.2} visibleFrom="xs">
                tidegauge
              </Text>
            </Group>
          </Link>
          <Search />
          <div style={{ flex: 1 }} />
          <Part height={20}>
            <Freshness live={live} />
          </Part>
          <Scheme />
          <Person session={session} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" bg="var(--panel)" style={{ borderColor: "var(--edge)" }}>
        <nav className="nav" aria-label="Main">
          {PLACES.map(({ to, name, icon: Icon, of }, at) => (
            <Link
              key={to}
              to={to}
              activeOptions={{ exact: to === "/" }}
              onClick={close}
              data-first={at > 0 && PLACES[at - 1]?.of !== of}
            >
              <Icon size={17} stroke={1.8} />
              {name}
            </Link>
          ))}
        </nav>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <Part height={480}>
          <Outlet />
        </Part>
      </AppShell.Main>
      <Palette />
      <Keyboard />
    </AppShell>
  );
}

function Search() {
  return (
    <UnstyledButton
      onClick={openSpotlight}
      aria-label="Find a model or page"
      px={10}
      h={32}
      miw={{ base: 40, sm: 240 }}
      style={{ border: "1px solid var(--edge)", borderRadius: 8 }}
    >
      <Group gap={8} wrap="nowrap" c="dimmed">
        <IconSearch size={15} />
        <Text size="sm" visibleFrom="sm" style={{ flex: 1 }}>
          Find a model or page
        </Text>
        <Kbd size="xs" visibleFrom="sm" aria-hidden>
          /
        </Kbd>
      </Group>
    </UnstyledButton>
  );
}

function Scheme() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme("light") === "dark";
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      onClick={() => setColorScheme(isDark ? "light" : "dark")}
      aria-label={isDark ? "Light colours" : "Dark colours"}
    >
      {isDark ? <IconSun size={17} /> : <IconMoon size={17} />}
    </ActionIcon>
  );
}
