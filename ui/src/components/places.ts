/** Where one can go: the menu, the palette and the keys go by this. */
import {
  IconActivity,
  IconBellOff,
  IconBellRinging,
  IconEye,
  IconHistory,
  IconLayoutGrid,
  IconMail,
  IconRefresh,
  IconSend,
  IconUsers,
} from "@tabler/icons-react";

export const PLACES = [
  { to: "/", name: "Fleet", icon: IconLayoutGrid, key: "f", of: "look" },
  { to: "/incidents", name: "Incidents", icon: IconBellRinging, key: "i", of: "look" },
  { to: "/monitors", name: "Monitors", icon: IconEye, key: "m", of: "alerts" },
  { to: "/silences", name: "Silences", icon: IconBellOff, key: "s", of: "alerts" },
  { to: "/channels", name: "Channels", icon: IconSend, key: "c", of: "alerts" },
  { to: "/reports", name: "Reports", icon: IconMail, key: "r", of: "alerts" },
  { to: "/retraining", name: "Retraining", icon: IconRefresh, key: "t", of: "learn" },
  { to: "/system", name: "System", icon: IconActivity, key: "y", of: "house" },
  { to: "/access", name: "Members and keys", icon: IconUsers, key: "k", of: "house" },
  { to: "/audit", name: "Audit", icon: IconHistory, key: "a", of: "house" },
] as const;
