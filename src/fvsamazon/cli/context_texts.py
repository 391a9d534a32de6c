"""What any command may have to say before or after its own work."""

from __future__ import annotations

from fvsamazon.texts import Text

PROGRAM_CLOSED = Text(
    en="user {uid}, who owns the database, cannot read this program ({file}); install it where "
    "everyone can, as in /opt/fvsamazon, or run it as root on a database of root's",
    lt="duomenų bazės savininkas, naudotojas {uid}, negali skaityti šios programos ({file}); "
    "įdiekite ją ten, kur skaityti gali visi, pvz., /opt/fvsamazon, arba leiskite ją root teisėmis "
    "su root priklausančia duomenų baze",
)
OUTPUT_CLOSED = Text(
    en="standard output cannot be written ({trouble})",
    lt="į standartinę išvestį rašyti nepavyko ({trouble})",
)
NO_RULES = Text(
    en="there are no booking rules {path}: write the file, or point FVSAMAZON_BOOKING_RULES at it",
    lt="įtraukimo taisyklių {path} nėra: parašykite failą arba nurodykite jį "
    "FVSAMAZON_BOOKING_RULES",
)
