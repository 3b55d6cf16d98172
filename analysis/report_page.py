"""One self-contained HTML file from data, the bundle of analysis/web/, and nothing else.

Rules: the page may load nothing and send nothing: its own policy allows one script and one style, by their hashes. Data
is compressed JSON in an element that no browser runs. Callers: report beside this file.
"""
import base64
import hashlib
import html
import json
import os
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUNDLE = os.path.join("build", "analysis", "web")

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<noscript>This report draws itself: it needs a browser that may run the script in this file, and nothing else.</noscript>
<script type="application/octet-stream" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""


class PageError(Exception):
    """There is no page to be had; the text says why and what to do."""


def _bundled(name):
    path = os.path.join(ROOT, BUNDLE, name)
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        pass
    try:
        with open(os.path.join(ROOT, BUNDLE, "failure"), encoding="utf-8") as file:
            raise PageError(file.read().strip())
    except OSError:
        raise PageError(f"{os.path.join(BUNDLE, name)} does not exist: run 'make build' first") from None


def _source(text):
    """A hash as a content security policy names what may run."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def page(title, data):
    """The text of the page. Raises PageError when the bundle was not made."""
    script, style = _bundled("report.js"), _bundled("report.css")
    policy = (f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)};"
              " base-uri 'none'; form-action 'none'")
    packed = base64.b64encode(zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 9)).decode()
    return PAGE.format(policy=policy, title=html.escape(title), style=style, script=script, data=packed)
