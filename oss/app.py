"""The composition root: which services a process runs, in which order they start, and in reverse how they stop."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import pkgutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from zoneinfo import ZoneInfo

import billing
import oss
from oss.access import certificates
from oss.access.aaa import NodeOptions
from oss.access.olt_looks import Looks
from oss.access.provision_work import Provisioner
from oss.access.router_limits import ReadBack
from oss.access.thread import AaaThread
from oss.base import audit_chain, child, collector, db, faults, jobs, migrations, nodes, partitions, sealing, supervisor
from oss.base.config import ROLES, Config
from oss.base.postgres import EmbeddedPostgres
from oss.base.problems import Problem
from oss.base.secrets import Sealer
from oss.monitoring import own_sensors, telling
from oss.monitoring.poller import Poller
from oss.monitoring.watch import Watch
from oss.monitoring.writer import Writer, writing
from oss.network import configuration_nights, device_links
from oss.notify import outbox

log = logging.getLogger(__name__)
ROOF = ("oss.__main__", "oss.app", "oss.commands", "oss.demo", "oss.lab")


def register_features() -> None:
    """Import every room, so that listeners, periodic jobs and providers are complete under every role (invariant 1)."""
    for package in (oss, billing):
        for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not info.name.startswith(ROOF):
                importlib.import_module(info.name)


def product_version() -> str:
    """The installed distribution's version."""
    try:
        return version("milha")
    except PackageNotFoundError:
        return "0"


@asynccontextmanager
async def own_database(config: Config) -> AsyncIterator[str]:
    """The address of the database: the configured one, or our own server for as long as the block runs."""
    if config.database_url:
        yield config.database_url
        return
    server = EmbeddedPostgres(config.data_dir / "postgres")
    dsn = await server.start()
    watching = asyncio.create_task(_restart_when_dead(server))
    try:
        yield dsn
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await server.stop()


async def _restart_when_dead(server: EmbeddedPostgres) -> None:
    """Our own database is ours to bring back: the kernel's OOM killer, a full disk, a stray signal."""
    while True:
        await asyncio.sleep(1.0)
        if not server.alive:
            log.error("our database server ended; starting it again")
            try:
                await server.start()
            except Problem as problem:
                log.error("our database server does not start", extra={"facts": {"problem": str(problem)}})
                await asyncio.sleep(10)


def _bound(run: Callable[[supervisor.Health], Any], health: supervisor.Health) -> Callable[[], Any]:
    return lambda: run(health)


class Process:
    """One running Milha with some of the roles."""

    def __init__(self, config: Config, roles: tuple[str, ...] = ROLES) -> None:
        self.config, self.roles = config, roles
        self.board = supervisor.HealthBoard()
        self.dsn = ""
        self.sealer: Sealer | None = None
        self.child: child.Child
        self.aaa: AaaThread | None = None
        self.main_lag = 0.0
        self.samples = Writer()
        self.poller: Poller | None = None
        self._certificates = certificates.Told(certificates.folder_of(config.data_dir))

    @property
    def opener(self) -> Sealer:
        """The sealer, once the database service has it."""
        assert self.sealer is not None
        return self.sealer

    # ------------------------------------------------------------ the services, in starting order

    def services(self) -> list[tuple[str, supervisor.Service]]:
        found: list[tuple[str, supervisor.Service]] = [
            ("database", self.database),
            ("child", self.child_process),
        ]
        if "worker" in self.roles:
            found.append(("jobs", self.jobs))
        found.append(("samples", self.sampling))
        found.append(("watch", self.watch))
        if "aaa" in self.roles:
            found.append(("aaa", self.aaa_node))
        if "poller" in self.roles:
            found.append(("poller", self.polling))
        if "web" in self.roles:
            found.append(("web", self.web))
        return found

    @asynccontextmanager
    async def database(self) -> AsyncIterator[None]:
        """PostgreSQL (ours or another's), its schema, the sealing key, the pool."""
        async with AsyncExitStack() as stack:
            register_features()
            self.dsn = await stack.enter_async_context(own_database(self.config))
            try:
                await self._prepare_database()
            except db.AWAY as error:
                if not self._may_answer_alone():
                    raise
                await self._answer_alone(stack, error)
            await stack.enter_async_context(db.database(self.dsn))
            outbox.open_with(self.opener, self.config.smtp_url, self.config.mail_from)
            telling.open_with(self.opener, self.config.public_url)
            yield

    async def _prepare_database(self) -> None:
        """Schema, partitions, and the key that fits."""
        applied = await migrations.migrate(self.dsn)
        await partitions.ensure_at(self.dsn)
        if applied:
            log.info("schema migrated", extra={"facts": {"versions": ",".join(applied)}})
        self._sealed_with(await sealing.open_sealer(self.config, self.dsn))

    def _sealed_with(self, found: Sealer) -> None:
        """One sealer for the life of the process: the AAA node holds it from a start without a database on."""
        if self.sealer is None:
            self.sealer = found
        else:
            self.sealer.take(found)

    def _may_answer_alone(self) -> bool:
        return "aaa" in self.roles and (self.config.data_dir / "index.sealed").exists()

    async def _answer_alone(self, stack: AsyncExitStack, error: BaseException) -> None:
        """The database is away: answer routers from the sealed snapshot (invariant 5) until it can be reached."""
        log.error("database away at the start: answering from the snapshot", extra={"facts": {"error": str(error)}})
        self._sealed_with(await asyncio.to_thread(sealing.load, self.config))
        await stack.enter_async_context(self.aaa_node())
        while True:
            await asyncio.sleep(1.0)
            with contextlib.suppress(*db.AWAY):
                await self._prepare_database()
                log.warning("database back")
                return

    @asynccontextmanager
    async def child_process(self) -> AsyncIterator[None]:
        async with child.child_process() as self.child:
            yield

    @asynccontextmanager
    async def jobs(self) -> AsyncIterator[None]:
        async with jobs.workers(self.dsn, self.board.part):
            yield

    @asynccontextmanager
    async def sampling(self) -> AsyncIterator[None]:
        async with writing(self.samples, self.board.part):
            yield

    @asynccontextmanager
    async def polling(self) -> AsyncIterator[None]:
        """Polls the network and watches it, once it holds the lease; hears traps meanwhile."""
        c = self.config
        links = self.board.part("devices")
        links.needed = False  # it is begun where the lease is held
        poller = self.poller = Poller(self.opener, self.samples, Watch(), c.node, lambda: self._held_links(links))
        loops: list[tuple[str, Callable[[supervisor.Health], Any]]] = [("poller", poller.run)]
        if c.trap_port:
            self.board.part("traps").needed = False  # port 162 may be another's, or root's alone: the rest works
            loops.append(("traps", lambda h: poller.listen(c.trap_host, c.trap_port, h)))
        async with self._loops(loops):
            yield

    @asynccontextmanager
    async def _held_links(self, health: supervisor.Health) -> AsyncIterator[None]:
        """Links to devices, and what is asked over them without a person."""
        zone = ZoneInfo(self.config.zone)
        loops: list[tuple[str, Callable[[supervisor.Health], Any]]] = [
            ("configurations", lambda h: configuration_nights.nightly(self.opener, zone, h)),
            ("limits", ReadBack().run),
        ]
        for name, _ in loops:
            self.board.part(name).needed = False
        async with device_links.holding(self.opener, self.config.node, health), self._loops(loops):
            yield

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[None]:
        """The loops that only look: child, audit sealer, node row, loop lag."""
        head = self.config.data_dir / "audit.head"
        loops: list[tuple[str, Callable[[supervisor.Health], Any]]] = [
            ("child", lambda h: self.child.watch(h)),
            ("collector", lambda h: collector.nightly(self.config.zone, h)),
            ("sealing", lambda h: sealing.follow(self.config, self.opener, h)),
            ("node", lambda h: nodes.report(self.config.node, self.roles, product_version(), self.stats, h)),
        ]
        told = (self.config.node, self.stats, self.samples)
        loops.append(("own sensors", lambda h: own_sensors.report(*told, h)))
        if "worker" in self.roles:
            loops.append(("audit", lambda h: audit_chain.sealing(head, h)))
            loops += [("provisioning", Provisioner(self.dsn).run), ("OLTs", Looks().run)]
        measuring = asyncio.create_task(supervisor.measure_lag(self._seen_lag))
        calls = self.board.part("device calls")
        calls.needed = False
        try:
            async with self._loops(loops), device_links.asking(self.opener, self.config.node, calls):
                yield
        finally:
            measuring.cancel()
            await asyncio.gather(measuring, return_exceptions=True)

    @asynccontextmanager
    async def _loops(self, loops: list[tuple[str, Callable[[supervisor.Health], Any]]]) -> AsyncIterator[None]:
        """Loops that are started again when they fail, each with its health."""
        part = self.board.part
        tasks = [
            asyncio.create_task(supervisor.keep_running(part(name), _bound(run, part(name)))) for name, run in loops
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _seen_lag(self, lag: float) -> None:
        self.main_lag = max(self.main_lag * 0.9, lag)

    @asynccontextmanager
    async def aaa_node(self) -> AsyncIterator[None]:
        if self.aaa is not None:  # it has been answering alone
            yield
            return
        c = self.config
        options = NodeOptions(
            *(self.dsn, c.node, c.radius_host, c.radius_auth_port, c.radius_acct_port, c.data_dir, c.durable),
            radsec_port=c.radsec_port,
        )
        self.aaa = AaaThread(options, self.opener)
        async with self.aaa.running():
            yield

    @asynccontextmanager
    async def web(self) -> AsyncIterator[None]:
        from web.app import create_app, serving

        provider = await db.fetchval("select name from company order by id limit 1")
        app = create_app(self.config, self.opener, self.board, self.snapshot, self.stats, provider or "Milha")
        async with serving(app, self.config):
            yield

    # ------------------------------------------------------------ figures

    def snapshot(self) -> Any:
        """The AAA node's newest figures, None where this process has no such role."""
        return self.aaa.snapshot if self.aaa else None

    def stats(self) -> dict[str, Any]:
        """What this process tells of itself in its ``node`` row and on the health page."""
        parts = {
            part.name: {"state": part.state if part.good or part.state != "up" else "stale",
                        "error": part.error, "restarts": part.restarts}
            for part in self.board.parts.values()
        }  # fmt: skip
        found: dict[str, Any] = {"main_lag_s": round(self.main_lag, 4), "parts": parts}
        found["samples"] = self.samples.stats()
        if self.poller is not None:
            found["poller"] = self.poller.stats()
        snapshot = self.snapshot()
        if snapshot is not None:
            figures = asdict_snapshot(snapshot)
            figures.pop("sealed_with")
            for name, state, error, restarts in figures.pop("parts"):
                parts[name] = {"state": state, "error": error, "restarts": restarts}
            found["aaa"] = figures
        if self.sealer is not None:
            used = snapshot.sealed_with if snapshot is not None else ()
            found["sealing"] = {**sealing.told(self.sealer), "snapshot": list(used)}
        if "aaa" in self.roles:
            found["certificates"] = self._certificates.now()
        return found


def asdict_snapshot(snapshot: Any) -> dict[str, Any]:
    """A snapshot as plain JSON-able values."""
    names = snapshot.__dataclass_fields__
    found = {name: getattr(snapshot, name) for name in names}
    found["reasons"], found["counters"] = dict(snapshot.reasons), dict(snapshot.counters)
    return found


async def serve(config: Config, roles: tuple[str, ...] = ROLES, ready: Callable[[Process], Any] | None = None) -> None:
    """Run until SIGTERM or SIGINT."""
    faults.arm(config.fault)
    process, stop = Process(config, roles), asyncio.Event()
    supervisor.stop_on_signals(stop)

    def started() -> None:
        collector.settle()
        if ready is not None:
            task = asyncio.ensure_future(ready(process))
            task.add_done_callback(lambda done: stop.set() if done.exception() else None)

    await supervisor.run_services(process.services(), stop, started)


async def serve_demo(config: Config, demo: Any) -> None:
    """The demo: the same process, seeded before its sockets open, with the lab beside it."""
    process, stop = Process(config), asyncio.Event()
    supervisor.stop_on_signals(stop)

    @asynccontextmanager
    async def seeded() -> AsyncIterator[None]:
        await demo.prepare(process.opener, config)
        yield

    @asynccontextmanager
    async def lab() -> AsyncIterator[None]:
        async with demo.lab(config):
            yield

    services = process.services()
    services.insert(1, ("demo data", seeded))
    names = [name for name, _ in services]
    services.insert(names.index("poller"), ("lab", lab))  # its devices are there when they are asked first
    await supervisor.run_services(services, stop, lambda: print(demo.welcome(config), flush=True))
