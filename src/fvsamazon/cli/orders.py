"""`fvsamazon orders`: the commands around recorded orders, declared; each works in a module."""

from __future__ import annotations

from typing import Annotated

import typer

from fvsamazon.cli import arguments

app = typer.Typer(
    name="orders",
    help="Look at recorded orders, fetch single ones, export them. Works beside the daemon.",
    no_args_is_help=True,
)

Region = Annotated[
    str | None, typer.Option("--region", metavar="R", help=f"{arguments.REGION_HELP}.")
]
Account = Annotated[
    str | None,
    typer.Option("--account", metavar="NAME", help="main, or an account's NAME in lower case."),
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="T", help=f"Updated at or after T: {arguments.SINCE_HELP}"),
]
PersonalData = Annotated[
    bool,
    typer.Option(
        "--personal-data",
        help="With buyer and address, decrypted; who read them is recorded.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON; its form is stable.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    region: Region = None,
    account: Account = None,
    status: Annotated[
        str | None,
        typer.Option("--status", metavar="S", help="Amazon's fulfillmentStatus, as in SHIPPED."),
    ] = None,
    since: Since = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="At most so many.")
    ] = 50,
    unreadable: Annotated[
        bool, typer.Option("--unreadable", help="Those that could not be read and were set aside.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the newest orders, newest first."""
    from fvsamazon.cli.order_list import Filter, run_list, run_list_unreadable

    wanted = Filter(
        region=arguments.region(region),
        account=account.lower() if account else None,
        status=arguments.status(status),
        since=arguments.moment(since),
    )
    if unreadable:
        run_list_unreadable(ctx.obj, wanted, limit=limit, as_json=as_json)
    else:
        run_list(ctx.obj, wanted, limit=limit, as_json=as_json)


@app.command()
def show(
    ctx: typer.Context,
    order: Annotated[str, typer.Argument(metavar="ID", help="Amazon's order id.")],
    as_json: Json = False,
    personal_data: PersonalData = False,
) -> None:
    """Show one order: lines, history, booking, and why it is not booked."""
    from fvsamazon.cli.order_show import run_show

    run_show(ctx.obj, arguments.order_ids([order])[0], as_json=as_json, personal_data=personal_data)


@app.command()
def fetch(
    ctx: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Amazon's order ids.")],
    region: Region = None,
    account: Account = None,
) -> None:
    """Bring single orders in by their ids, whatever the searches show.

    Asks the accounts of the settings one after another until one knows the order, on getOrder's
    own quota; waits for that quota a minute at most. Ends with 1 if any was not brought in.
    """
    from fvsamazon.cli.order_fetch import run_fetch

    run_fetch(
        ctx.obj,
        arguments.order_ids(ids),
        region=arguments.region(region),
        account=account.lower() if account else None,
    )


@app.command()
def export(
    ctx: typer.Context,
    form: Annotated[
        str, typer.Option("--format", metavar="jsonl|csv", help="One object, or item, a line.")
    ] = "jsonl",
    since: Since = None,
    region: Region = None,
    personal_data: PersonalData = False,
) -> None:
    """Write all orders to standard output, as JSON lines or CSV.

    JSON has one line an order. CSV has one line an item (or an order without items); an order's
    grand total stands on its first line alone, so that the column can be added up.
    """
    from fvsamazon.cli.order_export import FORMATS, run_export

    if form not in FORMATS:
        raise typer.BadParameter(f"{form!r} is no format; write {' or '.join(FORMATS)}")
    run_export(
        ctx.obj,
        form,
        since=arguments.moment(since),
        region=arguments.region(region),
        personal_data=personal_data,
    )
