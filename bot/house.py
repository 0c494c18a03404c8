"""Everything that is opened once for a running process, in one place to hand around."""

from dataclasses import dataclass

from bot.hearing import Hearing
from bot.knowledge import Knowledge
from bot.reactions import REACTIONS
from core.database import Clock, Database, utc_now
from core.files import FileStore
from core.settings import Settings, secret_of
from core.signing import Signer
from core.vault import Vault
from nlp.reading import use_weights


@dataclass(frozen=True, slots=True)
class House:
    """Settings, database, keys and files of one installation."""

    settings: Settings
    db: Database
    signer: Signer
    vault: Vault
    files: FileStore
    hearing: Hearing
    knowledge: Knowledge

    def close(self) -> None:
        self.db.close()


def open_house(settings: Settings, *, clock: Clock = utc_now) -> House:
    """Open the database and the keys the settings name; close() lets them go."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    use_weights(settings.models)
    signer = Signer(secret_of(settings))
    db = Database(settings.database, clock=clock, reactions=REACTIONS)
    return House(
        settings=settings,
        db=db,
        signer=signer,
        vault=Vault(signer),
        files=FileStore(settings.data_dir / "files"),
        hearing=Hearing(db),
        knowledge=Knowledge(db),
    )
