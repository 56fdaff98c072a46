"""One vector field of a remote store on its way to another space, for asyncio."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import AsyncIterator, Sequence

from vecstore.client import reembed_calls
from vecstore.client.aio_channel import AsyncChannel
from vecstore.client.reembed_calls import Queries
from vecstore.errors import NotFound
from vecstore.reembedding.asking import checked_seconds
from vecstore.reembeddings import ReembedFailure, ReembedPlan, ReembedStatus

# Between two looks at whether room has been given back.
_LOOK_SECONDS = 0.1


class AsyncRemoteReembedding:
    """Made by :meth:`AsyncRemoteCollection.reembedding`.

    Its methods are those of :class:`vecstore.reembedding.reembedding.Reembedding`, and raise the
    same errors; the work is done by the server.
    """

    def __init__(self, channel: AsyncChannel, collection: str, field: str) -> None:
        self._channel = channel
        self._subject = reembed_calls.subject(collection, field)

    def __repr__(self) -> str:
        return f"<AsyncRemoteReembedding of {self._subject.collection}/{self._subject.field}>"

    async def plan(self, encoder: str, *, transform: str = "", cores: float = 0.5) -> ReembedPlan:
        """See :meth:`vecstore.reembedding.reembedding.Reembedding.plan`."""
        call = reembed_calls.plan(self._subject, encoder, transform, cores)
        return await self._channel.call(call)

    async def start(
        self,
        encoder: str,
        *,
        transform: str = "",
        gates: Sequence[str] = (),
        queries: Queries | None = None,
        switch: str = "manual",
        brought: str = "ask",
        without_input: str = "ask",
        failures: str = "ask",
        cores: float = 0.5,
    ) -> ReembedStatus:
        """See :meth:`vecstore.reembedding.reembedding.Reembedding.start`.

        A file of queries is read on this side.
        """
        call = reembed_calls.start(
            self._subject,
            encoder,
            transform,
            queries,
            self._channel.settings,
            gates,
            switch=switch,
            brought=brought,
            without_input=without_input,
            failures=failures,
            cores=cores,
        )
        return await self._channel.call(call)

    async def status(self) -> ReembedStatus:
        """See :meth:`vecstore.reembedding.reembedding.Reembedding.status`."""
        return await self._channel.call(reembed_calls.status(self._subject))

    async def watch(self, every: float = 1.0) -> AsyncIterator[ReembedStatus]:
        """See :meth:`vecstore.reembedding.reembedding.Reembedding.watch`."""
        pause = checked_seconds(every)
        while True:
            status = await self.status()
            if not status.running:
                # Its last step may have fallen between two of the things that were read.
                status = await self.status()
            yield status
            if not status.running:
                return
            await asyncio.sleep(pause)

    async def pause(self) -> ReembedStatus:
        """See :meth:`vecstore.reembedding.reembedding.Reembedding.pause`."""
        return await self._channel.call(reembed_calls.pause(self._subject))

    async def resume(
        self,
        *,
        brought: str | None = None,
        without_input: str | None = None,
        failures: str | None = None,
        cores: float | None = None,
        retry_failures: bool = False,
        judge_again: bool = False,
        gates: Sequence[str] | None = None,
    ) -> ReembedStatus:
        """See :meth:`vecstore.reembedding.reembedding.Reembedding.resume`."""
        call = reembed_calls.resume(
            self._subject,
            brought,
            without_input,
            failures,
            cores,
            retry_failures,
            judge_again,
            gates,
        )
        return await self._channel.call(call)

    async def switch(self, *, leave_out_failures: bool = False) -> ReembedStatus:
        """See :meth:`vecstore.reembedding.reembedding.Reembedding.switch`."""
        return await self._channel.call(reembed_calls.switch(self._subject, leave_out_failures))

    async def rollback(self, *, leave_out: bool = False) -> ReembedStatus:
        """See :meth:`vecstore.reembedding.reembedding.Reembedding.rollback`."""
        return await self._channel.call(reembed_calls.rollback(self._subject, leave_out))

    async def finish(self, *, wait: bool = True) -> ReembedStatus:
        """See :meth:`vecstore.reembedding.reembedding.Reembedding.finish`.

        The server gives the room back in the background, also where nobody waits for it.
        """
        ended = await self._channel.call(reembed_calls.finish(self._subject))
        return await self._given_back(ended) if wait else ended

    async def cancel(self, *, wait: bool = True) -> ReembedStatus:
        """See :meth:`vecstore.reembedding.reembedding.Reembedding.cancel`.

        The server gives the room back in the background, also where nobody waits for it.
        """
        ended = await self._channel.call(reembed_calls.cancel(self._subject))
        return await self._given_back(ended) if wait else ended

    async def failures(self) -> builtins.list[ReembedFailure]:
        """See :meth:`vecstore.reembedding.reembedding.Reembedding.failures`."""
        found, token = await self._channel.call(reembed_calls.failures(self._subject, ""))
        while token:
            page, token = await self._channel.call(reembed_calls.failures(self._subject, token))
            found += page
        return found

    async def _given_back(self, ended: ReembedStatus) -> ReembedStatus:
        """Its status when the room that it took has been given back."""
        status = ended
        while status.letting_go:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                status = await self.status()
            except NotFound:  # the collection has been deleted since
                return ended
        return status if status.id == ended.id else ended
