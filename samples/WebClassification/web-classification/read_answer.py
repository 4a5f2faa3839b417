import json

from promptflow.core import tool


@tool
def read_answer(answer: str) -> dict:
    """The model's answer as a dictionary, with every member that the outputs refer to."""
    try:
        given = json.loads(answer)
    except ValueError:
        given = {}
    return {
        "category": given.get("category"),
        "evidence": given.get("evidence"),
        "confidence": float(given.get("confidence", 0)),
        "keywords": list(given.get("keywords", [])),
    }
