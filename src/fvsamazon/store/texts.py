"""What keeps a database from being used, in both languages, with what to do.

The log has the English; whoever called a command is told in the language of the settings.
"""

from __future__ import annotations

from typing import Final

from fvsamazon.texts import Text

MISSING: Final = Text(
    en="there is no database {path}; `fvsamazon run` makes it",
    lt="duomenų bazės {path} nėra; ją sukuria `fvsamazon run`",
)
UNSEEN: Final = Text(
    en="the database {path} cannot be seen ({trouble}); run this as root or as the service's own "
    "user",
    lt="duomenų bazės {path} nepavyksta pasiekti ({trouble}); paleiskite root arba tarnybos "
    "naudotojo teisėmis",
)
NOT_MADE: Final = Text(
    en="the database {path} cannot be made ({trouble}); check the folder's permissions and "
    "FVSAMAZON_DATABASE",
    lt="duomenų bazės {path} sukurti nepavyko ({trouble}); patikrinkite aplanko teises ir "
    "FVSAMAZON_DATABASE",
)
DAMAGED: Final = Text(
    en="the database is damaged ({said}); restore a backup",
    lt="duomenų bazė sugadinta ({said}); atkurkite ją iš atsarginės kopijos",
)
DISK_FULL: Final = Text(
    en="the disk is full; free space on the database's file system",
    lt="diske nebėra vietos; atlaisvinkite vietos duomenų bazės failų sistemoje",
)
LOCKED: Final = Text(
    en="the database is locked by another program; end that program",
    lt="duomenų bazę užrakino kita programa; ją užbaikite",
)
NOT_WRITABLE: Final = Text(
    en="the database cannot be written ({said}); check its permissions",
    lt="į duomenų bazę nepavyksta rašyti ({said}); patikrinkite jos teises",
)
NO_ANSWER: Final = Text(
    en="the database does not answer ({said}); check the disk",
    lt="duomenų bazė neatsako ({said}); patikrinkite diską",
)
REFUSED: Final = Text(
    en="the database refused a statement ({said})", lt="duomenų bazė atmetė užklausą ({said})"
)
REPLACED: Final = Text(
    en="{path} was removed or replaced while it is in use; restart the service",
    lt="naudojamas failas {path} pašalintas arba pakeistas kitu; paleiskite tarnybą iš naujo",
)
BUSY: Final = Text(
    en="a daemon already runs on {path}; stop it first (`systemctl stop fvsamazon`) or name "
    "another database",
    lt="su {path} jau dirba veikianti tarnyba; pirma ją sustabdykite (`systemctl stop fvsamazon`) "
    "arba nurodykite kitą duomenų bazę",
)
LOCK_NOT_OPENED: Final = Text(
    en="{path} cannot be opened ({trouble}); check the folder's permissions and FVSAMAZON_DATABASE",
    lt="{path} atverti nepavyko ({trouble}); patikrinkite aplanko teises ir FVSAMAZON_DATABASE",
)
LOCK_NOT_ASKED: Final = Text(
    en="{path} cannot be asked whether a daemon runs ({trouble}); run this as root or as the "
    "service's own user",
    lt="ar tarnyba veikia, iš {path} sužinoti nepavyko ({trouble}); paleiskite root arba tarnybos "
    "naudotojo teisėmis",
)
MARKER_NOT_WRITTEN: Final = Text(
    en="{path} cannot be written ({trouble}); check the disk and the folder's permissions",
    lt="{path} įrašyti nepavyko ({trouble}); patikrinkite diską ir aplanko teises",
)
FOREIGN: Final = Text(
    en="{path} is not a database of fvsamazon; name another file",
    lt="{path} nėra fvsamazon duomenų bazė; nurodykite kitą failą",
)
OLDER: Final = Text(
    en="{path} is of version {version}, this program needs {needed}; start the daemon once "
    "(`systemctl restart fvsamazon`) and it is brought up to date",
    lt="{path} yra {version} versijos, o šiai programai reikia {needed}; paleiskite tarnybą iš "
    "naujo (`systemctl restart fvsamazon`), ir ji bus atnaujinta",
)
NEWER: Final = Text(
    en="{path} was written by a newer fvsamazon (needs schema {needed}, this is {version}); "
    "install that version again or restore the copy made before it",
    lt="{path} įrašyta naujesnės fvsamazon versijos (reikia {needed} schemos, ši programa moka "
    "{version}); vėl įdiekite tą versiją arba atkurkite prieš atnaujinimą padarytą kopiją",
)
NO_COPY: Final = Text(
    en="no copy of the database could be made before its migration: {why}",
    lt="prieš atnaujinant duomenų bazę nepavyko padaryti jos kopijos: {why}",
)
