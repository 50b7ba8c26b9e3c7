"""The figures printed in the paper (Deshpande et al., CVPR 2017), set beside ours and never among them."""

from __future__ import annotations

NOTE = "published: other data, other evaluator"

_SETS = ("LFW", "Church", "ImageNet-Val")

# Rows: loss; columns: All and Grid of each of the sets above.
_TABLE_1 = {
    "L2": (".034", ".035", ".024", ".025", ".031", ".031"),
    "Mah": (".034", ".032", ".026", ".026", ".039", ".039"),
    "Mah+Color+Grad": (".029", ".029", ".023", ".023", ".039", ".039"),
}
_TABLE_2 = {
    "L2": ("7.20", "11.29", "4.9", "4.68", "10.02", "9.21"),
    "Mah": ("6.69", "7.33", "6.54", "6.42", "12.99", "12.19"),
    "Mah+Color+Grad": ("2.65", "2.83", "1.74", "1.71", "4.82", "4.66"),
}
# Rows: method; columns: error of best and variance on each of the sets above.
_TABLE_3 = {
    "CVAE": (".031", "1.0e-4", ".029", "2.2e-4", ".037", "2.5e-4"),
    "cGAN": (".047", "8.4e-6", ".048", "6.2e-6", ".048", "8.88e-6"),
    "Ours": (".030", "1.1e-3", ".036", "3.1e-4", ".043", "6.8e-4"),
    "Ours+skip": (".031", "4.4e-4", ".036", "2.9e-4", ".041", "6.0e-4"),
}


def published_losses() -> list[tuple[str, ...]]:
    """Tables 1 and 2 as rows: name, MAE All, MAE Grid, weighted All, weighted Grid; one a set and loss."""
    return [
        (f"{loss}, {name} ({NOTE})", *_TABLE_1[loss][2 * i : 2 * i + 2], *_TABLE_2[loss][2 * i : 2 * i + 2])
        for i, name in enumerate(_SETS)
        for loss in _TABLE_1
    ]


def published_diverse() -> list[tuple[str, ...]]:
    """Table 3 as rows: name, error of best of 5, variance; one a set and method."""
    return [
        (f"{method}, {name} ({NOTE})", *figures[2 * i : 2 * i + 2])
        for i, name in enumerate(_SETS)
        for method, figures in _TABLE_3.items()
    ]
