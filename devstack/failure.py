"""What the local cloud cannot do, said in one line with its cure."""


class DevstackFailed(Exception):
    """Ends a command with this one line; `cure` is what the reader types or changes."""

    def __init__(self, cause: str, *, cure: str = "") -> None:
        super().__init__(f"{cause}. Cure: {cure}" if cure else cause)
        self.cause = cause
        self.cure = cure
