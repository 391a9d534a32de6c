"""The command line: parses, calls the very methods that the daemon's loops call, prints.

No logic of its own. Modules of commands are imported when a command runs, so that `--help`
answers at once.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Annotated

import typer

from fvsamazon import __version__
from fvsamazon.cli import arguments, context
from fvsamazon.cli.deliveries import app as deliveries_app
from fvsamazon.cli.key import app as key_app
from fvsamazon.cli.orders import app as orders_app

app = typer.Typer(
    name="fvsamazon",
    help=(
        "Reads a seller's Amazon orders from three regions and books each once in Finvalda.\n\n"
        "Start with `fvsamazon demo`, which runs everything against a simulated Amazon. Then "
        "write settings.env (settings.env.example explains every line), test it with "
        "`fvsamazon check`, and run the service."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # plain help joins the lines of a paragraph, shows brackets as they are, and loads no rich
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

JSON_HELP = "Print JSON; its form is stable."
Orders = Annotated[
    int, typer.Option("--orders", metavar="N", min=0, help="Orders of the past two months.")
]
Seed = Annotated[
    int, typer.Option("--seed", metavar="S", help="The same seed gives the same orders.")
]
LiveRate = Annotated[
    float,
    typer.Option("--live-rate", metavar="R", min=0.0, help="New orders a second, all accounts."),
]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fvsamazon {__version__}")
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    env_file: Annotated[
        Path | None,
        typer.Option(
            "--env-file",
            metavar="FILE",
            help="Settings file. Without it: ./settings.env, else /etc/fvsamazon/settings.env, "
            "else the environment alone.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options that stand before every command."""
    del version
    ctx.ensure_object(context.Invocation).env_file = env_file


@app.command()
def run(ctx: typer.Context) -> None:
    """Run the daemon in the foreground until SIGTERM or SIGINT.

    SIGHUP reads the settings again, SIGUSR1 polls now as far as Amazon's quota allows. The log
    goes to standard output, or to FVSAMAZON_LOG_FILE.
    """
    from fvsamazon.cli.run import run_daemon

    run_daemon(ctx.obj)


@app.command()
def sync(
    ctx: typer.Context,
    region: Annotated[
        list[str] | None,
        typer.Option("--region", metavar="R", help=f"{arguments.REGION_HELP}; repeatable."),
    ] = None,
    no_deliver: Annotated[
        bool, typer.Option("--no-deliver", help="Record orders, book nothing.")
    ] = False,
) -> None:
    """Catch every region up once, then end.

    Tries every account at once, whatever back-off a daemon had stored; Amazon's quota is kept
    to, so a long history takes its time. Refused (exit 75) while a daemon runs.
    """
    from fvsamazon.cli.sync import run_sync

    run_sync(ctx.obj, arguments.regions(region), deliver=not no_deliver)


@app.command()
def status(
    ctx: typer.Context,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON; its form is stable.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Answer as a Nagios plugin: one line, exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN",
        ),
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it again every two seconds, until Ctrl-C.")
    ] = False,
) -> None:
    """Show how every region and account stands.

    State, access token, up to when every order is recorded, lag, quota, and the history that is
    still to be fetched. Works while the daemon runs and while it does not.
    """
    from fvsamazon.cli.status import run_status

    run_status(ctx.obj, as_json=as_json, check=check, watch=watch)


@app.command()
def check(
    ctx: typer.Context,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nobody over the network.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Test settings, database and every account; say what to do.

    Asks Login with Amazon for a token, and Amazon where the account sells and for one page of
    orders. Reports an empty quota rather than wait for it. Ends with 1 if a row failed.
    """
    from fvsamazon.cli.check import run_check

    run_check(ctx.obj, offline=offline, as_json=as_json)


@app.command()
def simulate(
    port_amazon: Annotated[
        int, typer.Option("--port-amazon", metavar="P", min=0, max=65535, help="0: any free port.")
    ] = 0,
    port_finvalda: Annotated[
        int,
        typer.Option("--port-finvalda", metavar="P", min=0, max=65535, help="0: any free port."),
    ] = 0,
    orders: Orders = 2000,
    seed: Seed = 1,
    live_rate: LiveRate = 1.0,
    rate_factor: Annotated[
        float, typer.Option("--rate-factor", metavar="F", help="Times Amazon's published rates.")
    ] = 1000.0,
    no_tomorrow: Annotated[
        bool, typer.Option("--no-tomorrow", help="No statuses and fields that Amazon may yet add.")
    ] = False,
) -> None:
    """Simulate Amazon and Finvalda on this machine.

    Login with Amazon and all three regions, over HTTP on loopback. The first line on standard
    output is a JSON object with `settings`, names and values that point at the simulation. Runs
    until Ctrl-C or SIGTERM. Needs `pip install "fvsamazon[demo]"`.
    """
    from fvsamazon.cli.simulate import run_simulate

    run_simulate(
        port_amazon=port_amazon,
        port_finvalda=port_finvalda,
        orders=orders,
        seed=seed,
        live_rate=live_rate,
        rate_factor=rate_factor,
        tomorrow=not no_tomorrow,
    )


@app.command()
def demo(
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="S", min=1, help="How long it runs.")
    ] = 60.0,
    orders: Orders = 2000,
    seed: Seed = 1,
    live_rate: LiveRate = 1.0,
) -> None:
    """Run the daemon against a simulated Amazon, and compare.

    Touches no real service and no settings. Shows a live view on a terminal, log lines elsewhere,
    and a summary at the end; ends with 1 if an order was lost. Needs
    `pip install "fvsamazon[demo]"`.
    """
    from fvsamazon.cli.demo import run_demo

    run_demo(seconds=seconds, orders=orders, seed=seed, live_rate=live_rate)


@app.command()
def purge(
    ctx: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how much would be erased.")
    ] = False,
    order: Annotated[
        str | None,
        typer.Option("--order", metavar="ID", help="This order's at once, however young."),
    ] = None,
) -> None:
    """Erase personal data that is past its retention, now.

    The daemon does so every hour by itself. Works beside it. What was erased stays recorded, not
    what it was.
    """
    from fvsamazon.cli.purge import run_purge

    wanted = None if order is None else arguments.order_ids([order])[0]
    run_purge(ctx.obj, dry_run=dry_run, order=wanted)


app.add_typer(orders_app)
app.add_typer(deliveries_app)
app.add_typer(key_app)


def main() -> None:
    """Run the command line; faults of ours become sentences and exit codes of the contract."""
    # Collecting garbage is a sixth of the time that loading modules takes; `context.run_async`,
    # where work begins, turns it on again.
    gc.disable()
    context.guard_output()
    invocation = context.Invocation()
    with context.faults_as_sentences(invocation):
        app(obj=invocation)
