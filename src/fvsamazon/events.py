"""Every event that a log line can be: its name, level, keys, meaning and what to do about it.

Names are part of the outside contract: scripts and alerts match on them, so a name never changes
its sense. Code logs constants of this module and nothing else, and gives a line no key that is
not listed for its event; tests hold both. `explain` makes `docs/log-events.md` of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["debug", "info", "warning", "error", "critical"]


@dataclass(frozen=True, slots=True)
class EventDoc:
    """What an operator is told about one event; `keys` are those beyond timestamp and level."""

    level: Level
    keys: tuple[str, ...]
    meaning: str
    action: str


EVENTS: dict[str, EventDoc] = {}
"""All events by name, in the order of the page."""

NOTHING = "Nothing."
ACCOUNT = "region account "
FAULT = "service operation error detail status code request_id hint "
"""What `RemoteError.log_fields` gives; a key without a value is absent."""
DELIVERY = "order region account kind "


def _event(name: str, level: Level, keys: str, meaning: str, action: str = NOTHING) -> str:
    EVENTS[name] = EventDoc(level, tuple(keys.split()), meaning, action)
    return name


# One event reads as one entry of a table: name, level and keys, then meaning, then action.
# fmt: off

DAEMON_STARTED = _event(
    "daemon.started", "info", "version database schema regions finvalda personal_data",
    "Every task of the daemon has said that it is ready.")
DAEMON_STOPPING = _event(
    "daemon.stopping", "info", "signal",
    "The daemon was asked to stop; steps under way are finished.")
DAEMON_STOPPED = _event(
    "daemon.stopped", "info", "clean seconds",
    "The daemon has ended. `clean` is false where a step was abandoned at the deadline; it is"
    " resumed at the next start.")
DAEMON_FAILED = _event(
    "daemon.failed", "critical", "error detail",
    "The daemon ends because the database is damaged and going on could do harm. systemd starts it"
    " again.",
    "If it comes back: `fvsamazon check`, then restore the last backup.")
DAEMON_HEARTBEAT = _event(
    "daemon.heartbeat", "info",
    "ok regions orders lag_seconds due held failed in_doubt finvalda store last_purge"
    " log_lines_lost",
    "Once a minute: one line that tells whether all is well. `ok` is false while a person is"
    " needed, or an account or Finvalda fails.",
    "Alert when `ok` stays false, or when no such line came for three minutes.")
PROGRAM_FAILED = _event(
    "program.failed", "critical", "where exception",
    "An exception that nothing caught: a bug. Its text is withheld where it may repeat data.",
    "Report it with the traceback.")
TASK_FAILED = _event(
    "task.failed", "error", "task retry_in exception",
    "A task that is no region's (delivery, retention, …) met a bug; it is started again after"
    " `retry_in` seconds while the others go on.",
    "Report it with the traceback.")
TASK_RECOVERED = _event(
    "task.recovered", "info", "task failures seconds",
    "The task works again after `failures` failures.")
TASK_STALLED = _event(
    "task.stalled", "critical", "task silent_seconds limit_seconds",
    "A task made no progress for longer than it may; the watchdog is fed no more, so that systemd"
    " restarts the daemon.",
    "If it comes back, report the lines before it.")
LIBRARY_MESSAGE = _event(
    "library.message", "warning", "logger message exception",
    "A warning or error that a library logged; quoted values in it are masked. The line has the"
    " level that the library gave it.",
    "Usually nothing; the events around it tell what it means for the orders.")
LOG_LINES_LOST = _event(
    "log.lines_lost", "warning", "count",
    "So many log lines could not be written (disk full, closed pipe, nobody reading it); writing"
    " works again.",
    "Find out why the log's place was not writable.")
CLOCK_JUMPED = _event(
    "clock.jumped", "warning", "seconds",
    "The machine's clock was set by so many seconds (below zero: back). Quotas whose past is not"
    " to be trusted start at one token.",
    "Keep the clock by NTP (`timedatectl`).")
CLOCK_SKEWED = _event(
    "clock.skewed", "warning", "seconds region",
    "The machine's clock differs from Amazon's by so many seconds. Windows go by Amazon's clock;"
    " a difference of more than a day stops the purge.",
    "Set the clock right and keep it by NTP.")

SETTINGS_RELOADED = _event(
    "settings.reloaded", "info", "changed restarted file seconds",
    "The new settings are in force; `changed` names what differs, `restarted` the tasks that"
    " were started again.")
SETTINGS_REJECTED = _event(
    "settings.rejected", "error", "faults file",
    "The settings or booking rules cannot be used; the running ones stay in force.",
    "Correct every fault of the list and reload again.")
SETTINGS_HIDDEN = _event(
    "settings.hidden", "warning", "names",
    "These settings of the file have no effect: the environment sets them too, and goes first.",
    "Take them out of the environment, or out of the file.")
SETTINGS_NEED_RESTART = _event(
    "settings.need_restart", "warning", "names",
    "These changes take effect only when the service is started again (the database's path;"
    " systemd hands credentials over at the start only).",
    "`systemctl restart fvsamazon`.")
SETTINGS_WARNING = _event(
    "settings.warning", "warning", "detail",
    "The settings are valid, and something in them deserves a look.",
    "Do what `detail` says.")
RULES_LOADED = _event(
    "rules.loaded", "info", "file book_from held",
    "The booking rules are in force; so many held orders are tried again under them.")
RULES_MISSING = _event(
    "rules.missing", "warning", "file",
    "Finvalda is set up and there is no rules file: every due order is held.",
    "Write the rules file, or point FVSAMAZON_BOOKING_RULES at it, and reload.")

REGION_STARTED = _event(
    "region.started", "info", "region accounts endpoint",
    "The region's poller runs for these accounts.")
REGION_STOPPED = _event("region.stopped", "info", "region", "The region's poller has ended.")
REGION_FAILED = _event(
    "region.failed", "warning", ACCOUNT + "kind retry_in exception " + FAULT,
    "Amazon gives no usable answer for this account (first failure of a row; `region.recovered`"
    " ends it). Nothing is lost: what was not read is read later. With a traceback, at level error:"
    " a bug ended the region's task, which starts again after `retry_in` s while others go on.",
    "Nothing while it passes; look at Amazon's status page when it lasts. A traceback: report it.")
REGION_RECOVERED = _event(
    "region.recovered", "info", "region account kind failures seconds",
    "The region, or the one account named, works again after a failure or an attention.")
REGION_ATTENTION = _event(
    "region.attention", "error", ACCOUNT + "why remedy order " + FAULT,
    "A person must act for this account (revoked token, missing role, a refused search, an order"
    " id that another account owns). It is probed slowly; other accounts go on.",
    "Do what `remedy` says; a reload tries again at once.")
MARKETPLACES_FAILED = _event(
    "marketplaces.failed", "warning", ACCOUNT + FAULT,
    "Amazon did not say where the account sells; polling goes on without that.",
    "A 403: add the role Selling Partner Insights to the application, or leave it.")
MARKETPLACES_READ = _event(
    "marketplaces.read", "debug", ACCOUNT + "marketplaces",
    "Amazon said where the account sells (asked at most daily).")
TOKEN_REFRESHED = _event(
    "token.refreshed", "info", ACCOUNT + "valid_until",
    "A new access token is in use until `valid_until`.")
TOKEN_FAILED = _event(
    "token.failed", "warning", ACCOUNT + "retry_in " + FAULT,
    "No new access token could be had (first failure of a row; `token.recovered` ends it). The"
    " old one serves as long as it is valid.",
    "Nothing while it passes. A refused credential comes as `region.attention`.")
TOKEN_RECOVERED = _event(
    "token.recovered", "info", ACCOUNT + "failures seconds valid_until",
    "Login with Amazon answers again.")
TOKEN_SECRET_SWITCHED = _event(
    "token.secret_switched", "warning", ACCOUNT,
    "Amazon refused CLIENT_SECRET and took CLIENT_SECRET_NEXT.",
    "Move the new secret to CLIENT_SECRET and empty CLIENT_SECRET_NEXT.")
CREDENTIAL_EXPIRING = _event(
    "credential.expiring", "warning", ACCOUNT + "credential expires days",
    "Amazon will soon stop accepting this credential.",
    "Renew it in Seller Central and put it into the settings, with its …_ISSUED date.")

POLL_COMPLETED = _event(
    "poll.completed", "info",
    ACCOUNT + "kind requests orders new changed lag_seconds window seconds",
    "One pass of an account: `kind` is live, history or sweep. A history says so at least every"
    " 30 s of work.")
POLL_THROTTLED = _event(
    "poll.throttled", "warning", ACCOUNT + "operation retry_in request_id",
    "Amazon answered 429: someone else uses the same application's quota, or Amazon lowered it.",
    "If it comes back, find the other program that uses these credentials.")
POLL_REQUESTED = _event(
    "poll.requested", "info", "regions", "SIGUSR1: every account polls now as far as quota allows."
)
POLL_WINDOW_RESTARTED = _event(
    "poll.window_restarted", "warning", ACCOUNT + "kind why window",
    "A page token expired, looped or was refused; the window starts again, a history's at half"
    " its length.",
    "Nothing, unless it never ends.")
POLL_WINDOW_DROPPED = _event(
    "poll.window_dropped", "info", ACCOUNT + "kind why window",
    "A window under way is not allowed by the new settings; it is dropped and nothing moved.")
POLL_BOUND_WIDENED = _event(
    "poll.bound_widened", "warning", ACCOUNT + "seconds",
    "Amazon refused a window's upper bound as too young; it now lies so many seconds back.",
    "Check the machine's clock.")
POLL_CLIPPED = _event(
    "poll.clipped", "warning", ACCOUNT + "wanted served",
    "The window or START_FROM reaches further back than Amazon serves; it starts at `served`.",
    "Orders from before that are to be had from Amazon's reports only.")
POLL_LATE_ORDER = _event(
    "poll.late_order", "warning", ACCOUNT + "order kind last_updated_time late_seconds",
    "Amazon showed this order version only after the live search had passed its time; the sweep"
    " recorded it.",
    "Nothing; many of them are worth a case with Amazon.")
POLL_UNREADABLE = _event(
    "poll.unreadable", "warning", ACCOUNT + "order reason",
    "This order cannot be read. It is set aside and fetched again by itself; others go on.",
    "`fvsamazon orders list --unreadable`; report it if it stays.")
POLL_QUIET = _event(
    "poll.quiet", "warning", ACCOUNT + "last_order_at usual_seconds seconds",
    "No order for much longer than is usual for this account.",
    "See whether Seller Central shows orders: a refresh token of the wrong account answers with"
    " nothing.")
HISTORY_STARTED = _event(
    "history.started", "info", ACCOUNT + "since until estimate_seconds",
    "Orders of this time are fetched, newest first, beside the live polls.")
HISTORY_COMPLETED = _event(
    "history.completed", "info", ACCOUNT + "since until",
    "Everything of this time is recorded.")
SWEEP_COMPLETED = _event(
    "sweep.completed", "debug", ACCOUNT + "kind orders late requests window",
    "The last days were read once more; `late` versions were missing until now.")
QUOTA_ADOPTED = _event(
    "quota.adopted", "info", ACCOUNT + "operation rate",
    "Amazon told another rate (requests a second); the daemon keeps to it.")
ORDER_RECORDED = _event(
    "order.recorded", "debug", ACCOUNT + "order change",
    "An order version is in the database; `change` is new, changed or touched.")
ORDER_HEALED = _event(
    "order.healed", "info", ACCOUNT + "order attempts",
    "An order that could not be read before is recorded.")
ORDER_SET_ASIDE = _event(
    "order.set_aside", "error", ACCOUNT + "order error exception",
    "A bug kept this order, or what follows from it (its delivery, its personal data), from being"
    " written. It is set aside and fetched again by itself, also by the next version; others go on."
    " The traceback stands at the first order that met it.",
    "Report it with the traceback; `fvsamazon orders list --unreadable` shows what waits.")
ORDER_FETCHED = _event(
    "order.fetched", "info", ACCOUNT + "order change",
    "`orders fetch` brought in one order by its id.")

STORE_CREATED = _event(
    "store.created", "info", "database schema", "There was no database; an empty one was made."
)
STORE_MIGRATED = _event(
    "store.migrated", "info", "database schema_before schema backup",
    "The database was brought to this version's form; `backup` is its copy from before.",
    "Delete the copy when the new version has proved itself.")
STORE_RESTORED = _event(
    "store.restored", "warning", "database why",
    "This database is not the one that ran here last (a restored backup or another machine's)."
    " Quotas start at one request; earlier sales are looked up before anything is sent.",
    "Nothing, if a backup was restored on purpose.")
STORE_ATTENTION = _event(
    "store.attention", "error", "detail retry_in",
    "The database cannot be written (disk full, locked): all work waits and is tried again.",
    "Free the disk, or end the program that holds the file.")
STORE_RECOVERED = _event(
    "store.recovered", "info", "failures seconds", "The database can be written again."
)

DELIVERY_BOOKED = _event(
    "delivery.booked", "info", DELIVERY + "document journal number client currency total",
    "The document stands in Finvalda.")
DELIVERY_ADOPTED = _event(
    "delivery.adopted", "info", DELIVERY + "document journal number why",
    "The document stood in Finvalda already and is taken as this order's.")
DELIVERY_HELD = _event(
    "delivery.held", "warning", DELIVERY + "why remedy code",
    "This order is not booked until a person has acted; no other order waits for it.",
    "Do what `remedy` says; `fvsamazon orders show ID` tells the whole story.")
DELIVERY_FAILED = _event(
    "delivery.failed", "error", DELIVERY + "why remedy code",
    "Finvalda refused a document that this program built wrongly.",
    "Report it with the output of `fvsamazon deliveries preview ORDER`.")
DELIVERY_IN_DOUBT = _event(
    "delivery.in_doubt", "warning", DELIVERY + "look_up_at " + FAULT,
    "The document was sent and no answer came. It is looked up before anything is sent again.")
DELIVERY_ABSENT = _event(
    "delivery.absent", "info", DELIVERY + "look_ups",
    "Two look-ups found nothing of a document in doubt; it is due again.")
DELIVERY_PUT_OFF = _event(
    "delivery.put_off", "warning", DELIVERY + "failures orders why remedy code",
    "Finvalda goes on refusing for a reason that should pass by itself (somebody works with the"
    " operation, a transaction error), or has no usable answer for this order alone. So many"
    " `orders` wait so; this one was tried `failures` times in a row. Told after some minutes,"
    " after an hour, then daily.",
    "Do what `remedy` says; the orders are tried again by themselves every five minutes.")
DELIVERY_PUT_OFF_ENDED = _event(
    "delivery.put_off_ended", "info", "seconds",
    "No order waits any more for what `delivery.put_off` told.")
DELIVERY_DROPPED = _event(
    "delivery.dropped", "info", DELIVERY + "why",
    "What was to be sent no longer holds (cancelled meanwhile, or a rule skips it).")
DELIVERY_REMOVED = _event(
    "delivery.removed", "info", DELIVERY + "document journal number",
    "The order's reservation was removed from Finvalda.")
DELIVERY_RETRIED = _event(
    "delivery.retried", "info", "orders user", "`deliveries retry` put these back to due."
)
DELIVERY_SKIPPED = _event(
    "delivery.skipped", "info", "orders user", "`deliveries skip` took these out for good."
)
DELIVERY_CLIENT_CREATED = _event(
    "delivery.client_created", "info", "order client",
    "A client card was made in Finvalda as the rules ask.")
DELIVERY_PRODUCT_CREATED = _event(
    "delivery.product_created", "info", "order product",
    "A product card was made in Finvalda as the rules ask.")
DELIVERY_PAUSED = _event(
    "delivery.paused", "warning", "retry_in due " + FAULT,
    "Finvalda cannot be reached or is busy (first failure of a row; `delivery.resumed` ends it)."
    " Orders go on being recorded.",
    "Nothing while it passes; when it lasts, see whether Finvalda's web service runs.")
DELIVERY_RESUMED = _event(
    "delivery.resumed", "info", "failures seconds due", "Finvalda answers again."
)
DELIVERY_ATTENTION = _event(
    "delivery.attention", "error", "why remedy order document " + FAULT,
    "A person must act before deliveries go on as they should (refused login, a web service"
    " without look-ups, signs of a second program that books Amazon orders).",
    "Do what `remedy` says.")
DELIVERY_INSECURE = _event(
    "delivery.insecure", "warning", "host",
    "Once a day: Finvalda is spoken to without encryption, as ALLOW_HTTP permits.",
    "Put the web service behind https.")

PRIVACY_PURGED = _event(
    "privacy.purged", "info", "orders fields seconds",
    "The personal data of so many orders passed its retention and was erased. A purge that finds"
    " nothing says nothing: `last_purge` of `daemon.heartbeat` tells that it ran.")
PRIVACY_ERASED = _event(
    "privacy.erased", "info", "order user why orders fields at",
    "A person had personal data erased: of one `order` (`why` is request), what was past its"
    " retention (retention), or what only a lost key could open (key_lost). Said by the command,"
    " and within a minute by the service.")
PRIVACY_BYTES_KEPT = _event(
    "privacy.bytes_kept", "warning", "since retry_in why remedy",
    "What was erased is gone from the database, and its bytes are still in the write-ahead log:"
    " another program reads the database without a pause (first failure of a row;"
    " `privacy.bytes_gone` ends it).",
    "Do what `remedy` says.")
PRIVACY_BYTES_GONE = _event(
    "privacy.bytes_gone", "info", "seconds",
    "The write-ahead log could be emptied: what was erased is in no file of the database.")
PRIVACY_PURGE_REFUSED = _event(
    "privacy.purge_refused", "error", "seconds",
    "The purge did not run: the machine's clock differs from Amazon's by more than a day, so"
    " that it might erase the wrong orders.",
    "Set the clock right at once; Amazon's limit goes on running.")
PRIVACY_KEY_UNUSABLE = _event(
    "privacy.key_unusable", "error", "why remedy",
    "The encryption key is missing or wrong. Orders go on being recorded without personal data.",
    "Do what `remedy` says and reload.")
PRIVACY_KEY_USABLE = _event(
    "privacy.key_usable", "info", "key_id seconds",
    "The encryption key can be used again, `seconds` after `privacy.key_unusable` was told;"
    " personal data is kept from now on, and the sweep fills in what Amazon still shows.")
PRIVACY_KEY_ROTATED = _event(
    "privacy.key_rotated", "info", "key_id fields seconds",
    "Everything is encrypted under the new key.",
    "Destroy the old key once no backup needs it.")
PRIVACY_COPY_KEPT = _event(
    "privacy.copy_kept", "error", "file detail",
    "A copy of the database from before a migration could not be purged: it may still hold"
    " personal data, encrypted, that is past its retention.",
    "Delete the copy.")
PRIVACY_DAMAGED = _event(
    "privacy.damaged", "error", "order detail",
    "The stored personal data of an order does not open although its key is here: someone changed"
    " the database. The order itself is untouched.",
    "Find out who writes to the database; `fvsamazon purge --order ID` erases the part.")
PRIVACY_ACCESSED = _event(
    "privacy.accessed", "info", "user login orders command at",
    "A person read personal data. Said by the command, and within a minute by the service; the"
    " database keeps the record.")
SYNC_COMPLETED = _event(
    "sync.completed", "info", "regions orders new booked held failed seconds",
    "`fvsamazon sync` has gone through everything once.")
# fmt: on
