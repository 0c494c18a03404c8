"""`python -m bot`: every command people or scripts can run."""

import typer

from bot.commands import (
    admin,
    area,
    bundle,
    chain,
    chat,
    doctor,
    erase,
    exchange,
    opinions,
    replay,
    rulebook,
    run,
    tally,
    wechat,
)

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="云社区：社区机器人的命令。",
)


@cli.callback()
def main() -> None:
    """云社区：社区机器人的命令。"""


cli.command("migrate")(run.migrate)
cli.command("seed")(run.seed)
cli.command("serve")(run.serve)
cli.command("replay")(replay.replay)
cli.command("chat")(chat.chat)
cli.command("doctor")(doctor.doctor)
cli.command("create-admin")(admin.create_admin)
cli.command("add-area")(area.add_area)
cli.command("erase")(erase.erase)
cli.command("import")(exchange.import_file)
cli.command("export")(exchange.export_file)
cli.command("tally")(tally.tally)
cli.command("chain")(chain.chain)
cli.add_typer(bundle.bundle, name="bundle")
cli.add_typer(rulebook.rulebook, name="rulebook")
cli.add_typer(opinions.opinions, name="opinions")
cli.add_typer(wechat.wechat, name="wechat")
