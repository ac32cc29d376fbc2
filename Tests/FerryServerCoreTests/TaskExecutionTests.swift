// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

@Suite(.timeLimit(.minutes(1)))
struct TaskExecutionTests {
    private struct Trouble: Error, CustomStringConvertible {
        let description = "secret of the server"
    }

    @Test func `an app gets its files and its results are stored`() async throws {
        let apps = ScriptedAppRunner { job, workspace, _ in
            let text = String(decoding: workspace.placed.values.first ?? [], as: UTF8.self)
            return [
                "image": [
                    "path": .string(workspace.write("small \(text)", to: "s.png")), "content_type": "image/webp",
                ],
                "images": [.string(workspace.write("x", to: "x.txt"))], "width": job.input["width"] ?? nil,
            ]
        }
        let world = try await World(apps: apps)
        let source = try await world.ready("cat", PartialFile(filename: "cat.png"))
        let task = try await world.run(
            ["image": .string(FilePresenter.uri(source).description), "width": 9, "note": "/etc/passwd"])
        #expect(task.status == .completed)
        #expect(
            task.events.map(\.status)
                == [.received, .queued, .dispatched, .preparing, .running, .uploading, .completed])
        #expect(task.error == nil)
        #expect(task.owner == nil)
        #expect(task.leaseExpiresAt == nil)
        #expect(task.attempts == 1)

        let job = try #require(apps.jobs.first)
        #expect(job.taskID == task.id)
        #expect(job.app == "test/resize")
        #expect(job.function == "run")
        #expect(job.input["note"] == "/etc/passwd")
        #expect(
            job.input["image"]
                == ["path": "/in/0/cat.png", "content_type": "image/png", "filename": "cat.png", "size": 3])
        #expect(apps.workspaces.map(\.placed) == [["/in/0/cat.png": Array("cat".utf8)]])
        #expect(apps.workspaces.allSatisfy { $0.isRemoved })

        let uri = try #require(task.output["image"]?["uri"]?.stringValue.flatMap { FileURI($0) })
        let image = try #require(try await world.files.file(id: uri.id))
        #expect(image.teamID == task.teamID)
        #expect(image.contentType == "image/webp")
        #expect(image.filename == "s.png")
        #expect(try await world.text(of: image) == "small cat")
        #expect(
            task.output["image"]
                == [
                    "uri": .string(FilePresenter.uri(image).description), "content_type": "image/webp", "size": 9,
                    "filename": "s.png",
                ])
        #expect(task.output["images"]?[0]?["filename"] == "x.txt")
        #expect(task.output["width"] == 9)
    }

    @Test func `an app's refusal is the task's error`() async throws {
        let world = try await World(apps: ScriptedAppRunner { _, _, _ in throw AppFailure(message: "no such colour") })
        let task = try await world.run()
        #expect(task.status == .failed)
        #expect(task.error == "no such colour")
        #expect(task.output.isNull)
        #expect(world.apps.workspaces.allSatisfy { $0.isRemoved })
    }

    @Test func `a failure of the server's own is not told`() async throws {
        let world = try await World(apps: ScriptedAppRunner { _, _, _ in throw Trouble() })
        let task = try await world.run()
        #expect(task.status == .failed)
        #expect(task.error?.isEmpty == false)
        #expect(task.error?.contains("secret") == false)
    }

    @Test func `an endless reason is cut on a scalar`() async throws {
        let reason = String(repeating: "é", count: 1 << 20)
        let world = try await World(apps: ScriptedAppRunner { _, _, _ in throw AppFailure(message: reason) })
        let error = try #require(try await world.run().error)
        #expect(error.utf8.count <= world.limits.maximumErrorLength + 3)
        #expect(!error.contains("\u{FFFD}"))
        let line = TaskPresenter(files: world.presenter, limits: world.limits).streamLine(try await world.run())
        #expect(line.ndjson.count <= world.limits.maximumStreamLine)
    }

    @Test func `an output that is no file of the app's fails the task and keeps nothing`() async throws {
        for bad in ["/etc/passwd", "../x", "", "inf://files/x"] as [JSONValue] where bad != "" {
            let world = try await World(
                apps: ScriptedAppRunner { _, workspace, _ in
                    ["image": .string(workspace.write("good", to: "good.txt")), "images": [["path": bad]]]
                })
            let task = try await world.run()
            #expect(task.status == .failed)
            #expect(task.error?.hasPrefix("/images/0: ") == true)
            #expect(try await world.listFiles().isEmpty)
            #expect(world.blobs.size == 0)
        }
    }

    @Test func `an output that is too large fails the task and keeps no file`() async throws {
        let apps = ScriptedAppRunner { _, workspace, _ in
            [
                "image": .string(workspace.write("good", to: "good.txt")),
                "text": .string(String(repeating: "x", count: 1000)),
            ]
        }
        let world = try await World(apps: apps) { $0.maximumOutputSize = 1000 }
        let task = try await world.run()
        #expect(task.status == .failed)
        #expect(task.error?.contains("larger than 1000 bytes") == true)
        #expect(try await world.listFiles().isEmpty)
        #expect(world.blobs.size == 0)
    }

    @Test func `too many output files fail the task`() async throws {
        let apps = ScriptedAppRunner { _, workspace, _ in
            ["images": .array((0..<4).map { .string(workspace.write("x", to: "\($0)")) })]
        }
        let world = try await World(apps: apps) { $0.maximumOutputFiles = 3 }
        #expect(try await world.run().error?.contains("more than 3 files") == true)
        #expect(world.blobs.size == 0)
    }

    @Test func `an app cannot turn the address of another team's file into a link`() async throws {
        let world = try await World()
        let other = try await world.principal(team: "other")
        let secret = try await world.ready("secret", by: other)
        let own = try await world.ready("own")
        func echo(_ record: FileRecord) async throws -> TaskRecord {
            let file: JSONValue = ["uri": .string(FilePresenter.uri(record).description), "content_type": "text/plain"]
            return try await world.run(["deep": [["file": file]]], to: "test/echo")
        }
        let foreign = try await echo(secret)
        #expect(foreign.status == .failed)
        #expect(foreign.error?.hasPrefix("/deep/0/file: ") == true)
        #expect(try await echo(own).status == .completed)
    }

    @Test func `an input file that vanished meanwhile fails the task`() async throws {
        let world = try await World()
        let source = try await world.ready("cat")
        _ = try await world.submit(["image": .string(FilePresenter.uri(source).description)])
        try await world.services.files.delete(id: source.id, by: world.root)
        let claimed = try await world.claim()
        await world.execution().run(claimed)
        let task = try await world.record(of: claimed)
        #expect(task.status == .failed)
        #expect(task.error?.hasPrefix("/image: the file no longer exists") == true)
        #expect(world.apps.jobs.isEmpty)
    }

    @Test func `what an app logs and tells of its progress is in the task's log`() async throws {
        let apps = ScriptedAppRunner { _, _, events in
            await events(.log("one\n"))
            await events(.progress(fraction: 0.256, message: "resizing"))
            await events(.progress(fraction: nil, message: "saving"))
            await events(.partial(["x": 1]))
            await events(.log("two\n"))
            return [:]
        }
        let task = try await World(apps: apps).run()
        #expect(task.logs.count == 1)
        #expect(task.logs[0].kind == .run)
        #expect(task.logs[0].content == "one\n26% resizing\nsaving\ntwo\n")
    }

    @Test func `of an endless log the latest part is kept`() async throws {
        let apps = ScriptedAppRunner { _, _, events in
            for number in 0..<2000 { await events(.log("line \(number)\n")) }
            return [:]
        }
        let task = try await World(apps: apps, limits: { $0.maximumLogSize = 100 }).run()
        #expect(task.logs[0].content.utf8.count <= 100)
        #expect(task.logs[0].content.hasSuffix("line 1999\n"))
    }

    @Test func `what an app says in a task's last moment is in its log, though the task is cancelled`() async throws {
        let world = try await World()
        let log = TaskLogBuffer(maximumBytes: 1000)
        _ = try await world.submit()
        let claimed = try await world.claim()
        log.append("last words\n", kind: .run)
        let work = TaskExecution.Work(task: claimed, log: log, logger: .silent)
        let execution = world.execution()
        // Whoever writes is cancelled already.
        let writing = Task {
            while !Task.isCancelled { await Task.yield() }
            await execution.end(work, .failed, TaskChange(error: "x"))
        }
        writing.cancel()
        await writing.value
        let task = try await world.record(of: claimed)
        #expect(task.status == .failed)
        #expect(task.logs.map(\.content) == ["last words\n"])
    }

    @Test func `results of a task that is cancelled while its worker is given back are removed`() async throws {
        let apps = ScriptedAppRunner { _, workspace, _ in
            ["image": .string(workspace.write("late", to: "late.txt"))]
        }
        let world = try await World(apps: apps)
        _ = try await world.submit()
        let claimed = try await world.claim()
        apps.whileReleasing {
            _ = try? await world.services.tasks.cancel(id: claimed.id, by: world.root)
            // Until the watch has seen it.
            while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
        }
        await world.execution().run(claimed)
        let task = try await world.record(of: claimed)
        #expect(task.status == .cancelled)
        #expect(try await world.listFiles().isEmpty)
        #expect(world.blobs.size == 0)
        #expect(try await world.taskFiles.taskFiles(ofTask: task.id, role: nil).isEmpty)
    }

    @Test func `files of an attempt that died while it stored them are found by the next one`() async throws {
        let world = try await World(
            apps: ScriptedAppRunner { _, workspace, _ in ["image": .string(workspace.write("new", to: "new.txt"))] })
        _ = try await world.submit()
        let dead = try await world.claim()
        for step in [TaskStatus.running, .uploading] {
            _ = try await world.tasks.transition(
                id: dead.id, to: step, from: TaskStateMachine.sources(of: step), owner: "me", change: TaskChange(),
                at: world.clock.now)
        }
        let orphan = try await world.ready("orphan")
        try await world.taskFiles.insertTaskFiles([
            TaskFileRecord(taskID: dead.id, fileID: orphan.id, role: .output, createdAt: world.clock.now)
        ])
        _ = try await world.tasks.reclaim(
            leaseExpiredBefore: Timestamp(microseconds: .max), error: "", at: world.clock.now)
        let again = try await world.claim()
        await world.execution().run(again)
        #expect(try await world.record(of: again).status == .completed)
        #expect(try await world.listFiles().map(\.filename) == ["new.txt"])
    }
}
