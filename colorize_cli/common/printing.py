"""Text for people, whatever file names it holds."""


def printable(text: str) -> str:
    """The text as any stream takes it: bytes of file names that are no text come as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
