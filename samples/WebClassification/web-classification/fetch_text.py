import re
from urllib.request import urlopen

from promptflow.core import tool


@tool
def fetch_text(url: str, max_words: int) -> dict:
    """The first words of a page, without its markup."""
    with urlopen(url, timeout=20) as page:
        html = page.read().decode("utf-8", errors="replace")
    visible = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL | re.IGNORECASE)
    words = re.sub(r"<[^>]+>", " ", visible).split()[:max_words]
    return {"text": " ".join(words), "words": len(words)}
