# SPDX-License-Identifier: Apache-2.0
"""The official client's two forms behind one face, so that each test runs with both."""

import asyncio

import inferencesh
from inferencesh import UploadFileOptions


class SyncSDK:
    name = "sync"

    def __init__(self, base, key):
        self.client = inferencesh.inference(api_key=key, base_url=base)

    def upload(self, data, **options):
        return self.client.files.upload(data, UploadFileOptions(**options) if options else None)

    def run(self, params, **options):
        return self.client.tasks.run(params, **options)

    def stream(self, params):
        return list(self.client.tasks.run(params, stream=True))

    def stream_of(self, task_id):
        return list(self.client.tasks.stream(task_id))

    def get(self, task_id):
        return self.client.tasks.get(task_id).data

    def cancel(self, task_id):
        return self.client.tasks.cancel(task_id)

    def delete(self, task_id):
        return self.client.tasks.delete(task_id)

    def wait(self, task_id):
        return self.client.tasks.wait_for_completion(task_id)


class AsyncSDK:
    name = "async"

    def __init__(self, base, key):
        self.client = inferencesh.async_inference(api_key=key, base_url=base)

    def upload(self, data, **options):
        return asyncio.run(self.client.files.upload(data, UploadFileOptions(**options) if options else None))

    def run(self, params, **options):
        return asyncio.run(self.client.tasks.run(params, **options))

    def stream(self, params):
        async def collect():
            return [update async for update in await self.client.tasks.run(params, stream=True)]

        return asyncio.run(collect())

    def stream_of(self, task_id):
        async def collect():
            return [update async for update in self.client.tasks.stream(task_id)]

        return asyncio.run(collect())

    def get(self, task_id):
        return asyncio.run(self.client.tasks.get(task_id)).data

    def cancel(self, task_id):
        return asyncio.run(self.client.tasks.cancel(task_id))

    def delete(self, task_id):
        return asyncio.run(self.client.tasks.delete(task_id))

    def wait(self, task_id):
        return asyncio.run(self.client.tasks.wait_for_completion(task_id))
