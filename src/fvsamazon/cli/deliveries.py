"""`fvsamazon deliveries`: the commands around documents in Finvalda, declared."""

from __future__ import annotations

from typing import Annotated

import typer

from fvsamazon.cli import arguments
from fvsamazon.store.deliveries import STATES

app = typer.Typer(
    name="deliveries",
    help="See what stands in Finvalda, what would, and what waits. Works beside the daemon.",
    no_args_is_help=True,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON; its form is stable.")]
Order = Annotated[str, typer.Argument(metavar="ORDER", help="Amazon's order id.")]
Orders = Annotated[list[str], typer.Argument(metavar="ORDER...", help="Amazon's order ids.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    state: Annotated[
        str | None, typer.Option("--state", metavar="S", help=f"One of {', '.join(STATES)}.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 50,
    as_json: Json = False,
) -> None:
    """List deliveries, the newest orders first, each with its reason."""
    from fvsamazon.cli.delivery_list import run_list

    if state is not None and state not in STATES:
        raise typer.BadParameter(f"{state!r} is no state; write one of {', '.join(STATES)}")
    run_list(ctx.obj, state=state, limit=limit, as_json=as_json)


@app.command()
def show(ctx: typer.Context, order: Order, as_json: Json = False) -> None:
    """Show one order's delivery: what was sent, where it stands, what it waits for."""
    from fvsamazon.cli.delivery_list import run_show

    run_show(ctx.obj, arguments.order_ids([order])[0], as_json=as_json)


@app.command()
def preview(
    ctx: typer.Context,
    order: Annotated[
        str | None, typer.Argument(metavar="[ORDER]", help="Amazon's order id.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every recorded order, one JSON object a line.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the document that an order becomes under the rules, and why; sends nothing.

    Each line tells which rule and which figure led to its code, price and VAT code. Finvalda is
    asked for products and rates where it is set up and answers; what it was not asked is told.
    """
    from fvsamazon.cli.delivery_preview import run_preview

    if (order is None) != everything:
        raise typer.BadParameter("name one order, or say --all")
    wanted = None if order is None else arguments.order_ids([order])[0]
    run_preview(ctx.obj, wanted, as_json=as_json or everything)


@app.command()
def retry(ctx: typer.Context, orders: Orders) -> None:
    """Try held or failed orders again now; also those that were skipped by hand.

    A running daemon sees it within 5 s, else the next one does. A sale that was removed from
    Finvalda is booked again, after another look for it.
    """
    from fvsamazon.cli.delivery_change import run_retry

    run_retry(ctx.obj, arguments.order_ids(orders))


@app.command()
def skip(
    ctx: typer.Context,
    orders: Orders,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; `orders show` tells it.")
    ],
) -> None:
    """Never book held or failed orders, with a reason that stays with them.

    A reservation of theirs is left in Finvalda, and named.
    """
    from fvsamazon.cli.delivery_change import run_skip

    if not reason.strip():
        raise typer.BadParameter("say why, in words")
    run_skip(ctx.obj, arguments.order_ids(orders), reason.strip())
