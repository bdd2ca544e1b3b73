"""One run: faults as planned, every page looked at each second, all laps counted at the end."""

import asyncio
import contextlib
import logging
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.soak.browsers import Browser, unix_ms
from tests.soak.fleet import Fleet, monitor_id, session_id
from tests.soak.page import Expected, Page
from tests.soak.report import Recovered, Result, percentile
from tests.soak.resources import SAMPLE_EVERY_S, look, metrics
from tests.soak.schedule import Fault, Kind, Plan, faults
from tests.soak.tally import Verdict, holes

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0

READY_WITHIN_S = 60.0
"""For everything to be live at first: 20 interpreters start on few cores."""

SILENT_AFTER_S = 7.0
"""A page says `live` for 5 s after the last frame; one look and a busy machine come on top."""

LOST_WITHIN_S = 25.0
"""A dead monitor is shown as lost by then."""

METRICS_WITHIN_S = 2.0


@dataclass(slots=True)
class _Recovery:
    """What the browsers that felt a fault still wait for."""

    fault: Fault
    ended_ms: int
    waiting: set[Browser]
    took_s: list[float] = field(default_factory=list)


class Soak:
    """A run of *plan* against a fleet that has been started."""

    def __init__(self, fleet: Fleet, plan: Plan, browsers: int, conditions: dict[str, str]) -> None:
        self._fleet = fleet
        self._plan = plan
        self._browsers = [self._new_browser(n % plan.sessions) for n in range(browsers)]
        self._result = Result(conditions=conditions)
        self._wrong: Counter[str] = Counter()
        self._stop = asyncio.Event()
        self._begin_s = 0.0
        self._fault: Fault | None = None
        self._fault_at_s = 0.0
        self._settled_at_s: float | None = 0.0
        self._recovery: _Recovery | None = None
        self._refused: dict[int, int] = {}

    def stop(self) -> None:
        """End the run early; what there is by then is counted."""
        self._stop.set()

    async def run(self) -> Result:
        """The whole run. Raises `RuntimeError` when the system does not come up."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(browser.run(), name=f"browser-{number}")
                for number, browser in enumerate(self._browsers)
            ]
            await self._until_all(lambda browser: self._differs(browser, "live"), READY_WITHIN_S)
            if problems := self._problems("live"):
                raise RuntimeError(f"the system does not come up: {problems}")
            log.info("all is live")
            self._begin_s = self._now_s()
            watchers = [
                group.create_task(self._keep_looking(), name="look"),
                group.create_task(self._keep_sampling(), name="sample"),
            ]
            try:
                await self._suffer_all()
            except Exception as exc:
                # After hours what there is must still be told.
                log.exception("the faults ended early")
                self._result.complaints.append(f"soak: {exc!r}")
            for task in watchers:
                task.cancel()
            await self._count()
            for task in tasks:
                task.cancel()
        return self._result

    async def _suffer_all(self) -> None:
        for fault in faults(self._plan):
            await self._sleep_until(fault.at_s)
            if self._stop.is_set():
                break
            self._close_recovery()
            await self._suffer(fault)
        await self._sleep_until(self._plan.duration_s)
        await self._until_all(self._waits)
        for browser in self._browsers:
            self._look(browser, "live")
        self._close_recovery()

    async def _suffer(self, fault: Fault) -> None:
        log.info("%s at %.0f s monitors=%s", fault.kind, fault.at_s, sorted(fault.monitors))
        self._settled_at_s = None
        self._fault = fault
        self._fault_at_s = self._now_s()
        await asyncio.to_thread(self._fleet.begin, fault)
        await self._sleep(fault.lasts_s)
        hit = {browser for browser in self._browsers if fault.hits(browser.number)}
        self._recovery = _Recovery(fault, unix_ms(), hit)
        await asyncio.to_thread(self._fleet.end, fault)
        self._settled_at_s = self._now_s() + self._plan.settle_s

    def _close_recovery(self) -> None:
        recovery = self._recovery
        if recovery is None:
            return
        self._recovery = None
        took_s, missing = recovery.took_s, len(recovery.waiting)
        kind, at_s = recovery.fault.kind, recovery.fault.at_s
        self._result.recoveries.append(Recovered(str(kind), at_s, took_s, missing))
        p50_s = percentile(took_s, 0.5) if took_s else float("nan")
        all_s = max(took_s, default=float("nan"))
        log.info("recovered p50=%.1f s all=%.1f s missing=%d", p50_s, all_s, missing)

    def _on_live(self, browser: Browser, made_ms: int) -> None:
        recovery = self._recovery
        if recovery is None or made_ms < recovery.ended_ms or browser not in recovery.waiting:
            return
        recovery.waiting.discard(browser)
        recovery.took_s.append((unix_ms() - recovery.ended_ms) / 1000)

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for browser in self._browsers:
                expected = self._expected(browser)
                if expected is not None:
                    self._look(browser, expected)
            for name in self._fleet.surprises():
                if name not in self._result.surprises:
                    log.warning("ended by itself: %s", name)
                    self._result.surprises.append(name)

    def _look(self, browser: Browser, expected: Expected) -> None:
        self._result.looks += 1
        difference = self._differs(browser, expected)
        if not difference:
            return
        what = (
            f"{self._fault.kind if self._fault else 'no fault'}: {expected} expected: {difference}"
        )
        self._wrong[what] += 1
        log.warning(
            "wrong at %.0f s %s: %s",
            self._now_s() - self._begin_s,
            session_id(browser.number),
            what,
        )

    def _expected(self, browser: Browser) -> Expected | None:
        """What the page must show at this moment; `None` while it may show anything."""
        now_s = self._now_s()
        fault, settled_at_s = self._fault, self._settled_at_s
        if fault is None or not fault.hits(browser.number):
            return "live"
        if settled_at_s is not None:
            return "live" if now_s >= settled_at_s else None
        if fault.kind is Kind.KILL_MONITORS and now_s - self._fault_at_s >= LOST_WITHIN_S:
            return "lost"
        return "silent" if now_s - self._fault_at_s >= SILENT_AFTER_S else None

    async def _keep_sampling(self) -> None:
        while True:
            numbers = await asyncio.to_thread(self._read_metrics)
            self._take_samples(numbers)
            self._fleet.forget_traffic()
            await asyncio.sleep(SAMPLE_EVERY_S)

    def _read_metrics(self) -> dict[str, float]:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(self._fleet.metrics_url, timeout=METRICS_WITHIN_S) as answer,
        ):
            return metrics(answer.read().decode())
        return {}

    def _take_samples(self, numbers: dict[str, float]) -> None:
        t_s = self._now_s() - self._begin_s
        for role, pid in self._fleet.processes():
            tasks = None
            if role == "bridge" and numbers:
                tasks = numbers.get("pitboard_tasks")
                self._refused[pid] = round(_refused(numbers))
            sample = look(t_s, role, pid, None if tasks is None else round(tasks))
            if sample is not None:
                self._result.samples.append(sample)

    async def _count(self) -> None:
        """Let the monitors say goodbye, and compare every page with what they wrote to disk."""
        self._take_samples(await asyncio.to_thread(self._read_metrics))
        await asyncio.to_thread(self._fleet.stop_monitors)
        await self._until_all(self._lacks)
        self._fault = None
        for browser in self._browsers:
            self._look(browser, "offline")
        result = self._result
        for number in range(self._plan.sessions):
            driven = self._fleet.driven(number)
            verdict = Verdict(lost=holes(driven))
            for browser in self._browsers:
                if browser.number == number:
                    verdict.add(browser.page.book.verdict(driven))
            if verdict != Verdict():
                log.warning("laps of %s: %s", session_id(number), verdict)
            result.laps += len(driven)
            result.lost += len(verdict.lost)
            result.duplicated += len(verdict.duplicated)
            result.out_of_order += len(verdict.out_of_order)
        result.wrong = dict(self._wrong)
        result.complaints += self._fleet.complaints()
        result.rejected = sum(self._refused.values())
        result.frames = sum(browser.frames for browser in self._browsers)

    def _lacks(self, browser: Browser) -> str:
        """What a page lacks at the end."""
        verdict = browser.page.book.verdict(self._fleet.driven(browser.number))
        return self._differs(browser, "offline") or ("laps" if verdict.lost else "")

    def _waits(self, browser: Browser) -> str:
        """Why a page is not well again; one that looks so may only not have noticed the fault."""
        is_waiting = self._recovery is not None and browser in self._recovery.waiting
        return "waits" if is_waiting else self._differs(browser, "live")

    def _differs(self, browser: Browser, expected: Expected) -> str:
        return browser.page.differs(expected, unix_ms())

    def _problems(self, expected: Expected) -> dict[str, int]:
        found = Counter(self._differs(browser, expected) for browser in self._browsers)
        return {problem: count for problem, count in found.items() if problem}

    async def _until_all(
        self, problem: Callable[[Browser], str], within_s: float | None = None
    ) -> None:
        """Wait until no browser has the problem, or for as long as a fault may take to settle."""
        end_s = self._now_s() + (self._plan.settle_s if within_s is None else within_s)
        while any(map(problem, self._browsers)) and self._now_s() < end_s:  # noqa: ASYNC110
            await asyncio.sleep(0.2)

    async def _sleep_until(self, t_s: float) -> None:
        await self._sleep(self._begin_s + t_s - self._now_s())

    async def _sleep(self, duration_s: float) -> None:
        """Sleep, unless the run is to stop."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(duration_s, 0.0)):
                await self._stop.wait()

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()

    def _new_browser(self, number: int) -> Browser:
        page = Page(monitor_id(number))
        url = self._fleet.browser_url
        return Browser(url, session_id(number), number, page, self._on_live)


def _refused(numbers: dict[str, float]) -> float:
    names = ("pitboard_messages_rejected_total", "pitboard_messages_dropped_total")
    return sum(numbers.get(name, 0.0) for name in names)
