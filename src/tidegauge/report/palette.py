"""The colours of a page, by what they are for: on light paper, on a dark screen.

States are told apart by blue, orange, yellow and green of different lightness (after Okabe and
Ito, 2008), and never by colour alone.  Text colours keep 4.5 : 1 on each ground they are used on.
"""

COLOURS = {
    "tg-page": ("#f5f7f9", "#0c1116"),
    "tg-card": ("#ffffff", "#141b22"),
    "tg-sunken": ("#f0f3f6", "#1a232c"),
    "tg-line": ("#dce2e8", "#2a3540"),
    "tg-ink": ("#15202b", "#e6ecf2"),
    "tg-muted": ("#536170", "#9dabb9"),
    "tg-accent": ("#0b62a8", "#6cb8f6"),
    "tg-reference": ("#0b7285", "#4fc3d4"),
    "tg-reference-area": ("#0b728573", "#4fc3d473"),
    "tg-current": ("#c2410c", "#ff9f68"),
    "tg-current-area": ("#c2410c73", "#ff9f6873"),
    "tg-drifted": ("#b03a06", "#ff9f6b"),
    "tg-drifted-ground": ("#fdeee5", "#38200f"),
    "tg-minor": ("#755600", "#e9c557"),
    "tg-minor-ground": ("#fbf3d6", "#302810"),
    "tg-unjudged": ("#515d6b", "#aab6c2"),
    "tg-unjudged-ground": ("#e9edf1", "#232d37"),
    "tg-stable": ("#15664f", "#6ccfae"),
    "tg-stable-ground": ("#e3f3ed", "#102d25"),
    "tg-calm": ("#a9c9bd", "#2f5e50"),
    # What the dashboard's pictures ask for by name, as it has them.
    "panel": ("#ffffff", "#141b22"),
    "series": ("#0b7285", "#4fc3d4"),
    "other": ("#c2410c", "#ff9f68"),
    "critical": ("#c92a2a", "#ff8787"),
    "unknown": ("#868e96", "#909296"),
}
