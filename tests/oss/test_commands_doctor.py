"""``milha doctor``: the same findings on the command line, beside a running node."""

from __future__ import annotations

from pathlib import Path

from oss.base import secrets
from tests.oss.access.test_nas_illness import ward
from tests.oss.test_commands import Milha


async def test_an_ill_router_is_named_with_its_cure_and_the_status_says_so(
    database: str, sealer: secrets.Sealer, tmp_path: Path, open_tmp: Path
) -> None:
    milha = Milha({"MILHA_DATABASE_URL": database, "MILHA_DATA_DIR": str(tmp_path / "cli")})
    async with ward(database, sealer, tmp_path, "coa-closed") as here:
        await here.until(lambda checks: checks["acct"].state == "ok")
        told = await milha("doctor", "BNG-1")
        assert told.status == 1, told.err
        first, second, *_ = told.out.splitlines()
        assert first.startswith("BNG-1, ") and second.startswith("WRONG  CoA and Disconnect")
        assert "nothing listens at port" in second and "/radius incoming set accept=yes" in " ".join(told.out.split())
        spoken = await milha("doctor", str(here.seed.nas), "--language", "pt-BR")
        assert "nada escuta na porta" in spoken.out
        assert (await milha("doctor", "nobody")).status == 1
