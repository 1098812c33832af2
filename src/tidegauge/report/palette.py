"""The colours of the page, by what they are for: on light paper, on a dark screen.

States are told apart by blue, orange, yellow and green of different lightness (after Okabe and
Ito, 2008), and never by colour alone.  Text colours keep 4.5 : 1 on each ground they are used on.
"""

COLOURS = {
    "page": ("#f5f7f9", "#0c1116"),
    "card": ("#ffffff", "#141b22"),
    "sunken": ("#f0f3f6", "#1a232c"),
    "line": ("#dce2e8", "#2a3540"),
    "ink": ("#15202b", "#e6ecf2"),
    "muted": ("#536170", "#9dabb9"),
    "accent": ("#0b62a8", "#6cb8f6"),
    "reference": ("#76838f", "#8e9ba8"),
    "reference-area": ("#c9d1d9", "#3d4955"),
    "current": ("#0b6ab8", "#5eb3f7"),
    "current-area": ("#0b6ab82e", "#5eb3f733"),
    "drifted": ("#b03a06", "#ff9f6b"),
    "drifted-ground": ("#fdeee5", "#38200f"),
    "minor": ("#755600", "#e9c557"),
    "minor-ground": ("#fbf3d6", "#302810"),
    "unjudged": ("#515d6b", "#aab6c2"),
    "unjudged-ground": ("#e9edf1", "#232d37"),
    "stable": ("#15664f", "#6ccfae"),
    "stable-ground": ("#e3f3ed", "#102d25"),
    "calm": ("#a9c9bd", "#2f5e50"),
    "near": ("#e0cf8c", "#6b5c22"),
    "over": ("#e58a4f", "#c96f33"),
    "far": ("#b03a06", "#ff9f6b"),
}

DRAWN = {
    "panel": ("#ffffff", "#141b22"),
    "series": ("#0b7285", "#4fc3d4"),
    "other": ("#c2410c", "#ff9f68"),
    "critical": ("#c92a2a", "#ff8787"),
    "unknown": ("#868e96", "#909296"),
}
"""What the dashboard's pictures ask for by name, as it has them."""
