"""What `purge`, `key` and `sync` say to the person who called them."""

from __future__ import annotations

from fvsamazon.texts import Counted, Text

# purge
WOULD_ERASE = Counted(
    one=Text(
        en="1 order would be erased now: delivered or cancelled before {before} ({days} d less "
        "two hours)",
        lt="dabar būtų ištrinti 1 užsakymo asmens duomenys: pristatyta ar atšaukta iki {before} "
        "({days} d. be dviejų valandų)",
    ),
    many=Text(
        en="{count} orders would be erased now: delivered or cancelled before {before} ({days} "
        "d less two hours)",
        lt="užsakymų, kurių asmens duomenys dabar būtų ištrinti: {count}; pristatyta ar atšaukta "
        "iki {before} ({days} d. be dviejų valandų)",
    ),
)
ERASED = Counted(
    one=Text(en="1 order erased, {parts}", lt="užsakymų, kurių duomenys ištrinti: 1; {parts}"),
    many=Text(
        en="{count} orders erased, {parts}",
        lt="užsakymų, kurių duomenys ištrinti: {count}; {parts}",
    ),
)
PARTS = Counted(
    one=Text(en="1 encrypted part in all", lt="užšifruotų dalių: 1"),
    many=Text(en="{count} encrypted parts in all", lt="užšifruotų dalių: {count}"),
)
STILL_THERE = Text(
    en="it is erased, and a program that is reading the database keeps its bytes in the "
    "write-ahead log; {remedy}, and the daemon, or `fvsamazon purge`, clears them",
    lt="ištrinta, bet duomenų bazę kaip tik skaito kita programa, ir kol ji nebaigs, baitai lieka "
    "bazės žurnale (WAL); {remedy}, ir juos išvalys tarnyba arba `fvsamazon purge`",
)
NOT_RECORDED = Text(
    en="{order} is not recorded, so nothing of it is kept",
    lt="užsakymo {order} duomenų bazėje nėra, taigi nėra ir jo asmens duomenų",
)
ORDER_WOULD_ERASE = Counted(
    one=Text(
        en="{order}: 1 encrypted part would be erased, and none stored again",
        lt="{order}: būtų ištrinta užšifruotų dalių: 1; iš naujo jos nebebūtų įrašomos",
    ),
    many=Text(
        en="{order}: {count} encrypted parts would be erased, and none stored again",
        lt="{order}: būtų ištrinta užšifruotų dalių: {count}; iš naujo jos nebebūtų įrašomos",
    ),
)
ORDER_ERASED = Text(
    en="{order}: its personal data is erased; a later fetch stores none. Finvalda and backups keep "
    "their own copies: see docs/data-protection.md",
    lt="{order}: asmens duomenys ištrinti; parsiuntus užsakymą iš naujo, jie nebebus įrašyti. "
    "Finvalda ir atsarginės kopijos turi savo kopijas: žr. docs/data-protection.lt.md",
)
ORDER_HAD_NONE = Text(
    en="{order}: no personal data of it was kept; a later fetch stores none. Finvalda and backups "
    "keep their own copies: see docs/data-protection.md",
    lt="{order}: jo asmens duomenų nebuvo; parsiuntus užsakymą iš naujo, jie nebus įrašyti. "
    "Finvalda ir atsarginės kopijos turi savo kopijas: žr. docs/data-protection.lt.md",
)

# key
NO_KEY_FILE = Text(
    en="FVSAMAZON_PERSONAL_DATA__KEY_FILE is not set; set it to where the key is to lie, on "
    "another disk or machine than the database's backups",
    lt="nenurodyta FVSAMAZON_PERSONAL_DATA__KEY_FILE; nurodykite, kur turi būti raktas: ne tame "
    "diske ar kompiuteryje, kuriame laikomos duomenų bazės atsarginės kopijos",
)
KEY_SET = Text(
    en="the key comes from FVSAMAZON_PERSONAL_DATA__KEY (the environment, the settings file or a "
    "credential), which this program cannot change; write it into a file of mode 0600, name that "
    "in FVSAMAZON_PERSONAL_DATA__KEY_FILE, take KEY away, restart, and rotate then",
    lt="raktas nurodytas FVSAMAZON_PERSONAL_DATA__KEY (aplinkoje, nustatymų faile ar "
    "kredenciale), jo ši programa pakeisti negali; įrašykite jį į failą su teisėmis 0600, tą failą "
    "nurodykite FVSAMAZON_PERSONAL_DATA__KEY_FILE, KEY pašalinkite, paleiskite tarnybą iš naujo ir "
    "tik tada keiskite raktą",
)
KEY_THERE = Text(
    en="{path} is there already, and is never overwritten",
    lt="{path} jau yra, o raktas niekada neperrašomas",
)
KEY_CANNOT_BE_MADE = Text(
    en="{path} cannot be made ({problem})", lt="{path} sukurti nepavyko ({problem})"
)
NO_FOLDER = Text(
    en="there is no folder {folder}; make it with `{command}`",
    lt="aplanko {folder} nėra; sukurkite jį: `{command}`",
)
KEY_MADE = Text(
    en="made {path}; keep a copy of it apart from the database's backups",
    lt="{path} sukurtas; jo kopiją laikykite atskirai nuo duomenų bazės atsarginių kopijų",
)
FOLDER_CLOSED = Text(
    en="the service's user ({user}) cannot read the folder {folder}, so it would not find the key; "
    "run `{command}`",
    lt="tarnybos naudotojas ({user}) negali skaityti aplanko {folder}, tad rakto nerastų; "
    "paleiskite `{command}`",
)
ANOTHER_KEY = Text(
    en="the database holds personal data under another key; put that one back, or `fvsamazon key "
    "rotate --lost` erases what only it could open",
    lt="duomenų bazėje yra kitu raktu užšifruotų asmens duomenų; grąžinkite tą raktą, o jei jis "
    "prarastas, `fvsamazon key rotate --lost` ištrins tai, ką tik juo buvo galima atverti",
)
FOLDER_UNREADABLE = Text(
    en="{folder} cannot be read ({problem})", lt="aplanko {folder} perskaityti nepavyko ({problem})"
)
ROTATION_UNDER_WAY = Text(
    en="another rotation of {path} is under way", lt="rakto {path} keitimas jau vyksta"
)
NO_NEW_KEY = Text(
    en="no new key can be put beside {path} ({problem}); run this as root",
    lt="naujo rakto šalia {path} padėti nepavyko ({problem}); paleiskite root teisėmis",
)
NEW_KEY = Text(
    en="{path} holds a new key; the old one is {kept}",
    lt="faile {path} dabar yra naujas raktas; senasis yra {kept}",
)
LOST = Counted(
    one=Text(
        en="1 order lost its personal data, {parts}",
        lt="užsakymų, netekusių asmens duomenų: 1; {parts}",
    ),
    many=Text(
        en="{count} orders lost their personal data, {parts}",
        lt="užsakymų, netekusių asmens duomenų: {count}; {parts}",
    ),
)
TURNED = Counted(
    one=Text(
        en="1 part is encrypted under the key in {path}",
        lt="raktu iš {path} užšifruotų dalių: 1",
    ),
    many=Text(
        en="{count} parts are encrypted under the key in {path}",
        lt="raktu iš {path} užšifruotų dalių: {count}",
    ),
)
DAMAGED = Counted(
    one=Text(en="1 part does not open", lt="neatveriamų dalių: 1"),
    many=Text(en="{count} parts do not open", lt="neatveriamų dalių: {count}"),
)
DESTROY = Text(
    en="destroy the old key once no backup needs it",
    lt="senąjį raktą sunaikinkite, kai jo nebereikės nė vienai atsarginei kopijai",
)

# sync
CAUGHT_UP = Text(
    en="{where}: caught up; {new} new, {total} in all",
    lt="{where}: viskas perskaityta; naujų užsakymų: {new}, iš viso: {total}",
)
NOT_CAUGHT_UP = Text(
    en="{where}: failed: {why}; {new} new, {total} in all",
    lt="{where}: nepavyko: {why}; naujų užsakymų: {new}, iš viso: {total}",
)
NO_ANSWER = Text(en="no answer", lt="atsakymo negauta")
NO_REGION = Text(
    en="no region is on: set FVSAMAZON_<REGION>__CLIENT_ID",
    lt="neįjungtas nė vienas regionas: nurodykite FVSAMAZON_<REGION>__CLIENT_ID",
)
REGION_OFF = Text(
    en="{region} is off: set {setting}", lt="{region} išjungtas: nurodykite {setting}"
)
READING = Text(en="reading", lt="skaitoma")
WAITING = Text(en="waiting for Amazon's quota", lt="laukiama „Amazon“ kvotos")
DONE = Text(en="done", lt="baigta")
NOT_DONE = Text(en="failed", lt="nepavyko")
DELIVERED = Text(en="Finvalda: {booked} booked", lt="Finvalda: įtraukta užsakymų: {booked}")
LEFT = Text(en="{done} done, {left} left", lt="atlikta: {done}, liko: {left}")
NOT_REACHED = Text(
    en="Finvalda takes no documents now: the log tells why; what is due stays due",
    lt="Finvalda dabar dokumentų nepriima: kodėl, parašyta žurnale; kas liko eilėje, lieka eilėje",
)
ABOUT_HELD = Text(
    en="`fvsamazon deliveries list --state held` tells what to do about held orders",
    lt="ką daryti su sulaikytais užsakymais, parodo `fvsamazon deliveries list --state held`",
)
