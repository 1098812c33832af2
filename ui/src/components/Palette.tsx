import { Spotlight, type SpotlightActionData } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { fleetQuery } from "../api/fleet";
import { PLACES } from "./places";
import { Status } from "./Status";

/** Every model and page, a few letters away. */
export function Palette() {
  const go = useNavigate();
  const [isOpen, setOpen] = useState(false);
  // A thousand models are much to ask for, and to build, before somebody looks for one.
  const { data } = useQuery({ ...fleetQuery, enabled: isOpen });
  const pages: SpotlightActionData[] = PLACES.map(({ to, name, icon: Icon }) => ({
    id: to,
    label: name,
    leftSection: <Icon size={18} stroke={1.6} />,
    onClick: () => go({ to }),
  }));
  const acts: SpotlightActionData[] = [
    { id: "new monitor", label: "New monitor", onClick: () => go({ to: "/monitors/new" }) },
    { id: "new channel", label: "New channel", onClick: () => go({ to: "/channels/new" }) },
    {
      id: "new policy",
      label: "New policy of retraining",
      onClick: () => go({ to: "/retraining/policies/new" }),
    },
  ];
  const models = (isOpen ? (data?.models ?? []) : []).map((each) => ({
    id: `model ${each.model_id}`,
    label: each.model_id,
    description: each.worst?.title ?? each.description,
    leftSection: <Status is={each.status} />,
    onClick: () => go({ to: "/models/$modelId/overview", params: { modelId: each.model_id } }),
  }));
  return (
    <Spotlight
      actions={[
        { group: "Pages", actions: pages },
        { group: "Models", actions: models },
        { group: "Make", actions: acts },
      ]}
      shortcut={["mod + K", "/"]}
      onSpotlightOpen={() => setOpen(true)}
      onSpotlightClose={() => setOpen(false)}
      limit={16}
      scrollable
      highlightQuery
      nothingFound="Nothing is called that"
      searchProps={{ leftSection: <IconSearch size={18} />, placeholder: "A model, or a page" }}
    />
  );
}
