"""What `fvsamazon check` says, and what to do about it."""

from __future__ import annotations

from fvsamazon.texts import Text

# Headings of columns.
STATE = Text(en="state", lt="būsena")
CHECK = Text(en="check", lt="kas tikrinta")
ACCOUNT = Text(en="account", lt="paskyra")
FOUND = Text(en="found, and what to do", lt="kas rasta ir ką daryti")

# Settings and database.
ENVIRONMENT = Text(en="environment", lt="aplinkos kintamųjų")
SETTINGS_FROM = Text(en="read from {source}", lt="perskaityti iš {source}")
SETTINGS_HIDDEN = Text(
    en="these have no effect in the file, because the environment or a credential says else: "
    "{names}",
    lt="šie failo nustatymai neveikia, nes aplinkos kintamieji ar kredencialai nurodo kitaip: "
    "{names}",
)
TAKE_AWAY = Text(
    en="take them out of the file, or out of the environment",
    lt="pašalinkite juos iš failo arba iš aplinkos kintamųjų",
)
NO_REGION = Text(en="no region is on", lt="neįjungtas nė vienas regionas")
SET_CLIENT_ID = Text(
    en="set CLIENT_ID, CLIENT_SECRET and REFRESH_TOKEN of a region, as settings.env.example shows",
    lt="nurodykite regiono CLIENT_ID, CLIENT_SECRET ir REFRESH_TOKEN, kaip parodyta "
    "settings.env.example",
)
NO_DATABASE = Text(
    en="{path} is not there yet; `fvsamazon run` makes it",
    lt="{path} dar nėra; jį sukurs `fvsamazon run`",
)
FOLDER_CLOSED = Text(
    en="{folder} cannot be written, so {path} cannot be made",
    lt="į {folder} rašyti negalima, todėl {path} nebus sukurtas",
)
OPEN_FOLDER = Text(
    en="give the folder to the service's user, or name another file in FVSAMAZON_DATABASE",
    lt="suteikite tarnybos naudotojui teises į aplanką arba nurodykite kitą failą "
    "FVSAMAZON_DATABASE",
)
DATABASE_GOOD = Text(
    en="{path}, version {version}; {daemon}", lt="{path}, versija {version}; {daemon}"
)
DATABASE_OLDER = Text(
    en="{path} is of version {version}, this program needs {needed}",
    lt="{path} yra {version} versijos, šiai programai reikia {needed}",
)
RESTART = Text(
    en="restart the daemon: it brings the database up to date and keeps a copy",
    lt="paleiskite tarnybą iš naujo: ji atnaujins duomenų bazę ir išsaugos kopiją",
)
DAEMON_RUNS = Text(en="a daemon is running on it", lt="su ja dirba veikianti tarnyba")
DAEMON_RUNS_NOT = Text(en="no daemon is running on it", lt="tarnyba su ja nedirba")
DISK_FREE = Text(en="{free} GB free on the disk", lt="diske laisva {free} GB")
FREE_SPACE = Text(
    en="free space on the database's file system",
    lt="atlaisvinkite vietos duomenų bazės failų sistemoje",
)

# One account at Amazon.
TOKEN_GOOD = Text(
    en="Login with Amazon gave an access token, valid until {until}",
    lt="„Login with Amazon“ išdavė prieigos raktą, jis galioja iki {until}",
)
SECRET_REFUSED = Text(
    en="CLIENT_SECRET is refused and CLIENT_SECRET_NEXT works",
    lt="CLIENT_SECRET atmestas, CLIENT_SECRET_NEXT veikia",
)
MOVE_SECRET = Text(
    en="move the new secret to CLIENT_SECRET and empty CLIENT_SECRET_NEXT",
    lt="perkelkite naująjį raktą į CLIENT_SECRET ir ištuštinkite CLIENT_SECRET_NEXT",
)
NEXT_SECRET_REFUSED = Text(
    en="CLIENT_SECRET works and CLIENT_SECRET_NEXT is refused",
    lt="CLIENT_SECRET veikia, CLIENT_SECRET_NEXT atmestas",
)
MEND_NEXT_SECRET = Text(
    en="correct CLIENT_SECRET_NEXT before the old secret ends, or empty it",
    lt="pataisykite CLIENT_SECRET_NEXT, kol galioja senasis raktas, arba ištuštinkite jį",
)
LOOK_AT_NETWORK = Text(
    en="check the machine's network, its name resolution and FVSAMAZON_PROXY; then try again",
    lt="patikrinkite tinklą, DNS ir FVSAMAZON_PROXY; tada bandykite dar kartą",
)
QUOTA_EMPTY = Text(
    en="not tried: the quota of {operation} is used up, the next request is due in {wait}",
    lt="netikrinta: {operation} kvota išnaudota, kita užklausa galima po {wait}",
)
QUOTA_WAIT = Text(
    en="try again later; the daemon goes on with its share",
    lt="bandykite vėliau; tarnyba tęsia darbą su savo kvota",
)
THROTTLED = Text(
    en="Amazon says that the quota of {operation} is used up (429)",
    lt="„Amazon“ praneša, kad {operation} kvota išnaudota (429)",
)
OTHER_PROGRAM = Text(
    en="try again later; if it comes back, another program uses the same credentials",
    lt="bandykite vėliau; jei kartojasi, tais pačiais duomenimis naudojasi kita programa",
)
SELLS_IN = Text(en="sells in {codes}", lt="parduoda: {codes}")
SELLS_NOWHERE = Text(
    en="Amazon names no marketplace in which the account sells",
    lt="„Amazon“ nenurodo nė vienos prekyvietės, kurioje paskyra parduoda",
)
SELLS_NOT_IN = Text(
    en="MARKETPLACES names {codes}, where the account does not sell",
    lt="MARKETPLACES nurodyta {codes}, bet ten paskyra neparduoda",
)
MEND_MARKETPLACES = Text(
    en="correct MARKETPLACES, or check that the refresh token is this account's",
    lt="pataisykite MARKETPLACES arba patikrinkite, ar atnaujinimo raktas yra šios paskyros",
)
SUSPENDED = Text(
    en="Amazon has suspended listings in {codes}", lt="„Amazon“ sustabdė prekių pasiūlymus: {codes}"
)
LOOK_AT_ACCOUNT = Text(
    en="look at Account Health in Seller Central",
    lt="„Seller Central“ pažiūrėkite skiltį „Account Health“",
)
PLACES_UNKNOWN = Text(
    en="Amazon does not say where the account sells ({why}); orders are read all the same",
    lt="„Amazon“ nepasako, kur paskyra parduoda ({why}); užsakymai vis tiek skaitomi",
)
ADD_INSIGHTS = Text(
    en="add the role Selling Partner Insights to the application, or leave it",
    lt="pridėkite programai vaidmenį „Selling Partner Insights“ arba palikite kaip yra",
)
ORDERS_GOOD = Text(
    en="a page of the last {days} days was read, orders on it: {count}",
    lt="perskaitytas paskutinių {days} dienų užsakymų puslapis, užsakymų jame: {count}",
)
ORDERS_UNREADABLE = Text(
    en="{bad} of {count} orders on a page could not be read, the first because {why}",
    lt="iš {count} puslapio užsakymų {bad} perskaityti nepavyko; pirmasis: {why}",
)
REPORT_UNREADABLE = Text(
    en="they will be set aside and tried again; report it with the version of this program",
    lt="jie bus atidėti ir bandomi dar kartą; praneškite apie tai nurodydami programos versiją",
)
NO_ORDERS = Text(
    en="Amazon answers, and shows no order of the last {days} days",
    lt="„Amazon“ atsako, bet nerodo nė vieno paskutinių {days} dienų užsakymo",
)
RIGHT_ACCOUNT = Text(
    en="if there were orders, the refresh token belongs to another account, or MARKETPLACES "
    "leaves them out",
    lt="jei užsakymų buvo, atnaujinimo raktas yra kitos paskyros arba MARKETPLACES jų neapima",
)
ROLES_UNTOLD = Text(
    en="nothing on this page tells which roles the application has",
    lt="iš šio puslapio nematyti, kokius vaidmenis turi programa",
)
ADDRESSES_SHOWN = Text(
    en="addresses are shown (Direct-to-Consumer Shipping)",
    lt="adresai rodomi (vaidmuo „Direct-to-Consumer Shipping“)",
)
ADDRESSES_HIDDEN = Text(
    en="none of the orders that wait for your own dispatch shows a street (seen: {count})",
    lt="nė viename Jūsų siunčiamame ir dar neišsiųstame užsakyme nerodoma gatvė (tokių matyta: "
    "{count})",
)
ADDRESSES_UNNEEDED = Text(
    en="addresses are not shown, and while personal data is off none is needed",
    lt="adresai nerodomi; kol asmens duomenys išjungti, jų ir nereikia",
)
TAX_UNTOLD = Text(
    en="no business order shows a tax registration, and there are too few to tell why (seen: "
    "{count})",
    lt="nė viename verslo kliento užsakyme nėra PVM mokėtojo registracijos, bet užsakymų per "
    "mažai, kad būtų aišku kodėl (tokių matyta: {count})",
)
TAX_SHOWN = Text(
    en="tax registrations are shown (a Tax role)",
    lt="PVM mokėtojų registracijos rodomos (vienas iš „Tax“ vaidmenų)",
)
TAX_HIDDEN = Text(
    en="no business order shows a tax registration (seen: {count})",
    lt="nė viename verslo kliento užsakyme nėra PVM mokėtojo registracijos (tokių matyta: {count})",
)
ADD_SHIPPING_ROLE = Text(
    en="add the role Direct-to-Consumer Shipping, then make a new refresh token",
    lt="pridėkite vaidmenį „Direct-to-Consumer Shipping“ ir sukurkite naują atnaujinimo raktą",
)
ADD_TAX_ROLE = Text(
    en="add the role Tax Invoicing or Tax Remittance if VAT numbers are needed, then make a new "
    "refresh token",
    lt="jei reikia PVM kodų, pridėkite vaidmenį „Tax Invoicing“ arba „Tax Remittance“ ir sukurkite "
    "naują atnaujinimo raktą",
)
CLOCK_GOOD = Text(
    en="this machine's clock and Amazon's differ by {seconds} s",
    lt="šio kompiuterio ir „Amazon“ laikrodžiai skiriasi {seconds} s",
)
SET_CLOCK = Text(
    en="let NTP keep this machine's clock (`timedatectl set-ntp true`)",
    lt="šio kompiuterio laiką derinkite per NTP (`timedatectl set-ntp true`)",
)

# Personal data.
KEY_GOOD = Text(
    en="kept encrypted; the key is there and is the right one",
    lt="saugomi užšifruoti; raktas yra ir tinka",
)
RETENTION = Text(
    en="erased within {days} days of delivery or cancellation; orders due now: {due}",
    lt="ištrinami nepraėjus {days} d. nuo pristatymo ar atšaukimo; dabar ištrintina užsakymų: "
    "{due}",
)
PURGE_NOW = Text(
    en="the daemon erases them within the hour; `fvsamazon purge` does so now",
    lt="tarnyba juos ištrins ne vėliau kaip po valandos; `fvsamazon purge` ištrins iš karto",
)
