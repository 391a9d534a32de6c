#!/usr/bin/env bash
# Runs as root in the machine that tests/systemd/run boots: installs the wheel as the unit's head
# says, starts the simulator and the service, and checks what an administrator relies on. Prints a
# PASS or FAIL line for each check; ends with 1 where one failed.
set -uo pipefail
bin=/opt/fvsamazon/bin/fvsamazon
etc=/etc/fvsamazon
state=/var/lib/fvsamazon
unit=fvsamazon.service
passed=0 failed=0

check() {
  local name=$1
  shift
  if "$@" >/tmp/check.out 2>&1; then
    passed=$((passed + 1))
    printf 'PASS %s\n' "$name"
  else
    failed=$((failed + 1))
    printf 'FAIL %s\n' "$name"
    tail -n 15 /tmp/check.out | sed 's/^/     | /'
  fi
}

finish() {
  printf 'systemd: %d passed, %d failed\n' "$passed" "$failed"
  [[ $failed == 0 ]]
  exit
}

# Without this there is nothing to check: say why and end.
must() {
  local before=$failed
  check "$@"
  [[ $failed == "$before" ]] || { journalctl -b --no-pager -n 60 -o short-precise; finish; }
}

# within SECONDS COMMAND…: true as soon as the command is.
within() {
  local limit=$(($(date +%s%N) + $1 * 1000000000))
  shift
  until "$@"; do
    (($(date +%s%N) < limit)) || return 1
    sleep 0.2
  done
}

prop() { systemctl show -P "$1" "${2:-$unit}"; }
mark() { mark=$(journalctl -b -n 1 -o json --no-pager | jq_cursor); }
jq_cursor() { python3 -c 'import json,sys; print(json.loads(sys.stdin.readline())["__CURSOR"])'; }
lines() { journalctl -b -u "${1:-$unit}" --after-cursor "$mark" -o cat --no-pager; }
# said EVENT [UNIT]: the log has it since the mark, in JSON or in the console's form.
said() { lines "${2:-$unit}" | grep -qE "\"event\": ?\"$1\"|\] $1( |\$)"; }
is() { [[ $1 == "$2" ]] || { echo "is '$1', not '$2'"; false; }; }
active() { [[ $(systemctl is-active "${1:-$unit}") == active ]]; }
replaced() { [[ $(prop MainPID) != 0 && $(prop MainPID) != "$1" ]] && active; }
modes() { stat -c '%a %U:%G' "$1"; }
# status EXPRESSION [ENV-FILE]: what Python makes of `s`, the answer of status --json.
status() {
  local file=${2:-$etc/settings.env}
  CREDENTIALS_DIRECTORY=${file%/*}/credentials $bin --env-file "$file" status --json |
    python3 -c "import json,sys; s=json.load(sys.stdin); print($1)"
}
all_ok() { is "$(status 'all(r["state"] == "ok" for r in s["regions"].values())' "$@")" True; }
orders() { status 'sum(r["orders"] or 0 for r in s["regions"].values())' "$@"; }
has_orders() { [[ $(orders) -gt $1 ]]; }

# --- installation ------------------------------------------------------------------------------
install_program() {
  python3 -m venv /opt/fvsamazon &&
    /opt/fvsamazon/bin/pip install -q --no-index --find-links /box/wheels --require-hashes \
      -r /box/requirements.lock &&
    /opt/fvsamazon/bin/pip install -q --no-index --no-deps /box/wheels/fvsamazon-*.whl
}
install_unit() {
  cd /box/deploy/systemd &&
    install -D -m 644 fvsamazon.sysusers /etc/sysusers.d/fvsamazon.conf && systemd-sysusers &&
    install -D -m 644 fvsamazon.tmpfiles /etc/tmpfiles.d/fvsamazon.conf &&
    systemd-tmpfiles --create /etc/tmpfiles.d/fvsamazon.conf &&
    install -m 644 fvsamazon.service fvsamazon@.service /etc/systemd/system/ &&
    install -m 644 ../logrotate/fvsamazon /etc/logrotate.d/ && systemctl daemon-reload
}
verified() {
  local out
  out=$(systemd-analyze verify "$1" 2>&1) && is "$out" ''
}
rated() { systemd-analyze security --no-pager --offline=true --threshold=13 "$1"; }

must 'the program installs from its lock and wheel' install_program
must 'user, folders and units install' install_unit
check 'systemd has no complaint about the unit' verified fvsamazon.service
check 'systemd has no complaint about the template' verified fvsamazon@acme.service
check 'the unit is rated 1.3 or better' rated /etc/systemd/system/fvsamazon.service
check 'the template is rated 1.3 or better' rated /etc/systemd/system/fvsamazon@.service
check 'the settings folder is 0750 root:fvsamazon' is "$(modes $etc)" '750 root:fvsamazon'
check 'the credentials folder is 0700 root:root' is "$(modes $etc/credentials)" '700 root:root'
[[ ${1-} != --installation ]] || finish

# --- simulator and settings --------------------------------------------------------------------
mkdir -p /run/simulator
systemd-run -q --unit=simulator --property=StandardOutput=file:/run/simulator/out \
  $bin simulate --orders 300 --seed 7
simulated() { [[ -s /run/simulator/out ]]; }
must 'the simulator tells its settings' within 30 simulated

# settings FILE SECRETS-FOLDER [NAME=VALUE]…: the simulator's settings, Europe's secrets as
# credentials, the rest in the file.
settings() {
  python3 - "$@" <<'PY'
import json, os, sys
file, folder, *more = sys.argv[1:]
settings = json.loads(open("/run/simulator/out").readline())["settings"]
# Booking has tests of its own: held orders are no part of how the service lives.
settings = {n: v for n, v in settings.items() if "FINVALDA" not in n}
settings.update(m.split("=", 1) for m in more)
secrets = [n for n in settings if n.startswith("FVSAMAZON_EUROPE__")
           and n.endswith(("__CLIENT_SECRET", "__REFRESH_TOKEN"))]
for name in secrets:
    path = os.path.join(folder, name.removeprefix("FVSAMAZON_").lower())
    with open(path, "w", opener=lambda p, f: os.open(p, f, 0o600)) as target:
        target.write(settings.pop(name))
with open(file + ".new", "w") as target:
    target.writelines(f"{n}={v}\n" for n, v in sorted(settings.items()) if v != "")
os.chmod(file + ".new", 0o640)
os.chown(file + ".new", 0, os.stat("/etc/fvsamazon").st_gid)
os.rename(file + ".new", file)
PY
}
database=FVSAMAZON_DATABASE=$state/fvsamazon.db
write() { settings $etc/settings.env $etc/credentials "$database" FVSAMAZON_POLL_INTERVAL=2 "$@"; }
must 'settings are written' write

# --- start -------------------------------------------------------------------------------------
mark
must 'the service starts' systemctl start $unit
check 'it is active' active
check 'it has said that it is ready' said daemon.started
readied() {
  local took=$(($(prop ActiveEnterTimestampMonotonic) - $(prop ExecMainStartTimestampMonotonic)))
  echo "active after $took us"
  ((took > 50000))
}
check 'it became active by READY, not by being started' readied
tells_state() { [[ -n $(prop StatusText) ]]; }
check 'it tells its state to systemctl status' within 5 tells_state
check 'every region works, Europe with secrets from credentials' within 60 all_ok
check 'orders come in' within 60 has_orders 0
check 'polls are logged' within 20 said poll.completed

# --- files -------------------------------------------------------------------------------------
private() { is "$(find $state -mindepth 1 \( ! -user fvsamazon -o -perm /077 \))" ''; }
check 'the state folder is 0700 fvsamazon' is "$(modes $state)" '700 fvsamazon:fvsamazon'
check 'the database is 0600 fvsamazon' is "$(modes $state/fvsamazon.db)" '600 fvsamazon:fvsamazon'
check 'all in the state folder is private' private
# As an administrator types it: the secrets that only the service is handed are not there.
as_root() {
  $bin --env-file $etc/settings.env orders list >/dev/null &&
    $bin --env-file $etc/settings.env orders export --format csv >/dev/null &&
    $bin --env-file $etc/settings.env status --check
}
check 'status and orders work from a root shell beside it' as_root
check 'and change no file of it to root' private

# --- personal data -----------------------------------------------------------------------------
keys=$etc/keys
fvs() { $bin --env-file $etc/settings.env "$@"; }
personal() {
  write FVSAMAZON_PERSONAL_DATA__ENABLED=true FVSAMAZON_PERSONAL_DATA__KEY_FILE=$keys/personal.key
}
homeless() {
  local out
  out=$(fvs key create 2>&1) && return 1
  grep -qF "install -d -m 700 -o fvsamazon -g fvsamazon $keys" <<<"$out" || { echo "$out"; false; }
}
kept() { [[ $(status 's["personal_data"]["orders"]') -gt $1 ]]; }
# asked SQL: the one value that the database answers with.
asked() { python3 -c 'import sqlite3, sys
print(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute(sys.argv[2]).fetchone()[0])' \
  $state/fvsamazon.db "$1"; }
check 'personal data can be turned on' personal
check 'a key without a folder is told how to make it' homeless
install -d -m 700 -o fvsamazon -g fvsamazon $keys
check 'root makes the key' fvs key create
check 'which is 0600 fvsamazon' is "$(modes $keys/personal.key)" '600 fvsamazon:fvsamazon'
mark
check 'the service takes it at a reload' systemctl reload $unit
check 'and keeps personal data' within 30 kept 0
check 'the key is changed beside it' fvs key rotate
check 'both keys are 0600 fvsamazon' is "$(modes $keys/personal.key) $(modes $keys/personal.key-old-*)" \
  '600 fvsamazon:fvsamazon 600 fvsamazon:fvsamazon'
before=$(status 's["personal_data"]["orders"]')
check 'the service goes on under the new key' within 30 kept "$before"
unusable() { ! said privacy.key_unusable; }
check 'and never misses a key' unusable
order=$(asked 'select o.order_id from personal p join orders o on o.id = p.order_row limit 1')
read_it() { fvs orders show "$order" --personal-data | grep -q 'personal data'; }
check 'a person reads it' read_it
check 'which is recorded' is "$(asked 'select group_concat(user_id || command) from personal_access')" \
  '0orders show'
check 'an order is erased at once' fvs purge --order "$order"
check 'which is recorded too' is "$(asked "select why || user_id from erasure")" 'request0'
forgotten() { fvs orders show "$order" --personal-data | grep -q 'personal data: erased'; }
check 'and told by its order' forgotten
check 'the state folder stays private' private
check 'personal data can be turned off again' write
check 'by a reload' systemctl reload $unit

# --- reload ------------------------------------------------------------------------------------
pid=$(prop MainPID)
mark
write FVSAMAZON_LOG_LEVEL=debug
check 'a good reload is taken' systemctl reload $unit
check 'and is in force within 5 s' within 5 said settings.reloaded
check 'order lines appear at the new level' within 20 said order.recorded
write FVSAMAZON_POLL_INTERVAL=soon
mark
systemctl reload $unit
check 'a bad reload is refused within 5 s' within 5 said settings.rejected
check 'the service goes on' active
mark
check 'with the settings from before' within 20 said poll.completed
check 'as the same process' is "$(prop MainPID)" "$pid"
write
mark
systemctl reload $unit
check 'a corrected file is taken again' within 5 said settings.reloaded

# --- a log file and logrotate --------------------------------------------------------------------
logfile=/var/log/fvsamazon/fvsamazon.log
write FVSAMAZON_LOG_FILE=$logfile
systemctl reload $unit
grows() { [[ $(stat -c %s $logfile 2>/dev/null || echo 0) -gt 0 ]]; }
check 'the log goes to its file' within 10 grows
check 'the log file is 0640 fvsamazon' is "$(modes $logfile)" '640 fvsamazon:fvsamazon'
check 'logrotate moves it' logrotate -f /etc/logrotate.d/fvsamazon
check 'the moved file is there' test -s $logfile.1
check 'a new one is made without a signal' within 20 grows
check 'and is 0640 fvsamazon too' is "$(modes $logfile)" '640 fvsamazon:fvsamazon'
check 'each of its lines is JSON' python3 -c '
import json, sys
lines = [json.loads(line) for f in sys.argv[1:] for line in open(f)]
assert lines and all(list(line)[:3] == ["timestamp", "level", "event"] for line in lines)
' $logfile $logfile.1
write
mark
systemctl reload $unit
check 'and back to the journal' within 10 said poll.completed

# --- what the process may and holds ----------------------------------------------------------------
pid=$(prop MainPID)
secrets=/run/simulator/secrets
python3 - >$secrets <<'PY'
import json
settings = json.loads(open("/run/simulator/out").readline())["settings"]
marks = ("SECRET", "TOKEN", "PASSWORD", "CONN_STRING")
for name, value in settings.items():
    if any(m in name for m in marks) and len(value) > 5 and not name.endswith("ISSUED"):
        print(value)
PY
hidden() { ! grep -aqF -f $secrets "$@"; }
unlogged() { journalctl -b -o export --no-pager >/tmp/journal && hidden /tmp/journal; }
check 'there are secrets to look for' test -s $secrets
check 'no secret stands in the journal' unlogged
check 'no secret stands in the log files' hidden $logfile $logfile.1
check 'no secret stands in its arguments or environment' hidden /proc/"$pid"/{cmdline,environ}
check 'no secret stands in status' hidden <(status s)
check 'it leaves no core dump' grep -qE '^Max core file size +0 +0 ' /proc/"$pid"/limits
listening() {
  python3 - "$pid" <<'PY'
import os, sys
mine = set()
for fd in os.listdir(f"/proc/{sys.argv[1]}/fd"):
    mine.add(os.readlink(f"/proc/{sys.argv[1]}/fd/{fd}"))
rows = [r.split() for n in ("tcp", "tcp6") for r in open(f"/proc/{sys.argv[1]}/net/{n}")][0:]
found = [r for r in rows if len(r) > 9 and r[3] == "0A" and f"socket:[{r[9]}]" in mine]
sys.exit(f"listens: {found}" if found else 0)
PY
}
check 'it listens on no socket' listening
unprivileged() {
  grep -qE '^CapEff:\s+0+$' /proc/"$pid"/status && grep -qE '^NoNewPrivs:\s+1$' /proc/"$pid"/status
}
check 'it has no privilege' unprivileged
second() {
  runuser -u fvsamazon -- $bin --env-file /tmp/second.env run
  is $? 75
}
# A root shell sees the credentials' folder, the service's user does not: all secrets in one file.
settings /tmp/second.env /tmp "$database"
{
  for name in CLIENT_SECRET REFRESH_TOKEN; do
    printf 'FVSAMAZON_EUROPE__%s=%s\n' $name "$(<"$etc/credentials/europe__${name,,}")"
  done
} >>/tmp/second.env
chown fvsamazon /tmp/second.env
check 'a second daemon on the database ends with 75' second
check 'and the first goes on' is "$(prop MainPID)" "$pid"

# --- kill and freeze -------------------------------------------------------------------------------
count=$(orders)
restarts=$(prop NRestarts)
mark
systemctl kill --kill-who=main -s KILL $unit
check 'a killed main process is replaced' within 30 replaced "$pid"
check 'by one restart' is "$(prop NRestarts)" $((restarts + 1))
check 'no order is gone' test "$(orders)" -ge "$count"
check 'it works again' within 60 all_ok
pid=$(prop MainPID)
mark
kill -STOP "$pid"
check 'a frozen main process is replaced by the watchdog' within 90 replaced "$pid"
watchdog() { journalctl -b -u $unit --after-cursor "$mark" --no-pager | grep -q 'Watchdog timeout'; }
check 'and the journal says so' watchdog
check 'it works again after that' within 60 all_ok

# --- stop ------------------------------------------------------------------------------------------
mark
stop() {
  local before
  before=$(date +%s%N)
  systemctl stop "${1:-$unit}"
  local took=$((($(date +%s%N) - before) / 1000000))
  echo "took $took ms"
  ((took < 5000))
}
check 'it stops within 5 s' stop
check 'with success' is "$(prop Result) $(prop ExecMainStatus)" 'success 0'
check 'and tells its end' said daemon.stopped
check 'its files stay private' private

# --- invalid settings ------------------------------------------------------------------------------
write FVSAMAZON_POLL_INTERVAL=soon FVSAMAZON_COLOUR=red
refused() { ! systemctl start $unit; }
check 'invalid settings fail the start' refused
check 'with 78' is "$(prop ExecMainStatus)" 78
sleep 8
check 'and are not tried again' is "$(systemctl is-failed $unit) $(prop NRestarts)" 'failed 0'
check 'both faults are told' python3 -c '
import subprocess, sys
said = subprocess.check_output(["journalctl", "-b", "-u", "fvsamazon", "-n", "30", "-o", "cat"], text=True)
sys.exit(0 if "FVSAMAZON_POLL_INTERVAL" in said and "FVSAMAZON_COLOUR" in said else said)
'
systemctl reset-failed $unit

# --- several companies -------------------------------------------------------------------------------
for company in acme beta; do
  install -d -m 750 -g fvsamazon $etc/$company
  install -d -m 700 $etc/$company/credentials
  settings $etc/$company/settings.env $etc/$company/credentials \
    FVSAMAZON_DATABASE=$state/$company/fvsamazon.db FVSAMAZON_POLL_INTERVAL=5
done
mark
check 'two companies start' systemctl start fvsamazon@acme fvsamazon@beta
for company in acme beta; do
  env=$etc/$company/settings.env
  check "$company works" within 60 all_ok $env
  check "$company's state is its own" is "$(modes $state/$company)" '700 fvsamazon:fvsamazon'
  check "$company's database is 0600" is "$(modes $state/$company/fvsamazon.db)" \
    '600 fvsamazon:fvsamazon'
  pid=$(prop MainPID fvsamazon@$company)
  alone() {
    is "$(nsenter -t "$pid" -m -- ls $etc | tr '\n' ' ')" "$company " &&
      is "$(nsenter -t "$pid" -m -- ls $state | tr '\n' ' ')" "$company "
  }
  check "$company sees no other company" alone
done
mark
check 'an instance reloads' systemctl reload fvsamazon@acme
check 'and says so' within 5 said settings.reloaded fvsamazon@acme
check 'an instance stops within 5 s' stop fvsamazon@acme
check 'the other goes on' active fvsamazon@beta
check 'no secret stands in the journal at the end' unlogged
finish
