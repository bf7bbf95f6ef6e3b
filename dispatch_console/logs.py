import re

import structlog

# Of web chat links, of passes for the home screen, and of the addresses that turn notices off. With all that stands
# behind one in the address: what is doubled or has something attached holds the token too.
_TOKEN = re.compile(r"/(c|u|h)/ *[^\s?\"']+", re.IGNORECASE)


def redact(text):
    """The text without the tokens in its addresses."""
    return _TOKEN.sub(r"/\1/[token]", text)


def formatter():
    """One line an entry: time, level, logger, message; then the trace, if there is one.

    A web chat link's token opens a person's chats, so it is written down in neither, not even when it was refused.
    """
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso"),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
            lambda logger, method, line: redact(line),
        ],
    )
