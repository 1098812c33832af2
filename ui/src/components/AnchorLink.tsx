import { Anchor, type AnchorProps } from "@mantine/core";
import { createLink, type LinkComponent } from "@tanstack/react-router";
import { forwardRef } from "react";

type Props = Omit<AnchorProps, "href">;

const Bare = forwardRef<HTMLAnchorElement, Props>((props, ref) => <Anchor ref={ref} {...props} />);
const Linked = createLink(Bare);

/** A link to a page of ours, in the looks of a link. */
export const AnchorLink: LinkComponent<typeof Bare> = (props) => (
  <Linked preload="intent" {...props} />
);
