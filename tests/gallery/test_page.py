import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorize_cli.gallery.page import page

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\u2028",
    "{{script}}",
    "&lt;",
    '"\\',
    "\udcff\n",
]


def data_in(text):
    blocks = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert len(blocks) == 1
    return json.loads(blocks[0])


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_a_name(name):
    text = page({"name": name}, name)
    assert data_in(text) == {"name": name}
    assert text.count("<script") == 2
    assert "<title></script>" not in text


@given(name=st.text())
def test_whatever_a_name_is_it_comes_back(name):
    assert data_in(page({"name": name}, "t")) == {"name": name}


def test_the_page_asks_nothing_of_any_network():
    text = page({}, "t")
    assert "default-src" in text and "http://" not in text and "https://" not in text
    assert not re.search(r"<(link|script|img)[^>]+(src|href)=\"(?!data:)", text)


def test_the_policy_names_the_blocks_that_are_there():
    import base64
    import hashlib

    text = page({}, "t")
    for tag in ("style", "script"):
        block = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[-1]
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert f"sha256-{digest}" in text
