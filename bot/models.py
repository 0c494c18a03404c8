"""Every table of the house, gathered so that migrations and tests see all of them."""

from sqlmodel import SQLModel

from bot import tables as _bot
from cases import tables as _cases
from community import article_tables as _articles
from community import tables as _community
from core import attempts as _attempts
from core import once as _once
from core import sealing as _sealing
from core import transaction as _transaction
from core import workers as _workers
from deliberation import tables as _deliberation

MODULES = (
    _articles,
    _attempts,
    _bot,
    _cases,
    _community,
    _deliberation,
    _once,
    _sealing,
    _transaction,
    _workers,
)
METADATA = SQLModel.metadata
