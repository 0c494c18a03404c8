import os

# Our vectors are short: helper threads of the linear algebra would only wait in a busy loop.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bot.cli import cli  # after the setting above

cli()
