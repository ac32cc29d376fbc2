// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite("Messages about tasks and apps")
struct TaskDTOTests {
    @Test("a task comes back as it was sent, with events and logs")
    func roundTrip() throws {
        let task = TaskDTO(
            id: "t", createdAt: Timestamp(microseconds: 5), updatedAt: Timestamp(seconds: 2), userID: "u", teamID: "m",
            status: .failed, appID: "a", appVersionID: "v", app: "ns/x", function: "go", input: ["x": [1]],
            setup: ["s": nil], output: [1.5], error: "why", sessionID: "s",
            events: [TaskEventDTO(id: "e", taskID: "t", time: Timestamp(seconds: 1), status: .queued)],
            logs: [
                TaskLogDTO(
                    id: "l", taskID: "t", createdAt: Timestamp(seconds: 1), updatedAt: Timestamp(seconds: 2),
                    kind: .run,
                    content: "é\n\0💾")
            ])
        #expect(try TaskDTO(json: JSONValue(parsing: task.json.serialized())) == task)
        let plain = TaskDTO(
            id: "t", createdAt: Timestamp(seconds: 1), updatedAt: Timestamp(seconds: 1), status: .queued)
        #expect(try TaskDTO(json: plain.json) == plain)
    }

    @Test("a task has every member that strict readers need")
    func requiredMembers() {
        let task = TaskDTO(
            id: "t", createdAt: Timestamp(seconds: 1), updatedAt: Timestamp(seconds: 1), status: .running)
        for name in [
            "id", "short_id", "created_at", "updated_at", "user_id", "team_id", "visibility", "user_public_key",
            "engine_public_key", "is_featured", "status", "app_id", "app_version_id", "function", "infra", "workers",
            "input", "output", "rating", "events", "logs", "usage_events",
        ] {
            #expect(task.json[name] != nil, "\(name)")
        }
        #expect(task.json["status"] == 7)
        #expect(task.json["status_text"] == "running")
    }

    @Test("states are read as numbers and as names, and what is new is unknown")
    func states() {
        let names = [
            "unknown", "received", "queued", "dispatched", "preparing", "serving", "setting_up", "running",
            "cancelling",
            "uploading", "completed", "failed", "cancelled", "rejected",
        ]
        for (number, name) in names.enumerated() {
            let status = TaskStatus(json: .integer(Int64(number)))
            #expect(status.rawValue == number)
            #expect(status.name == name)
            #expect(TaskStatus(json: .string(name)) == status)
            #expect(TaskStatus(name: name) == status)
            #expect(status.isTerminal == (number >= 10))
        }
        for odd in [nil, .null, 14, -1, .integer(.max), .double(1.5), "RUNNING", "settingUp", [7], true] as [JSONValue?]
        {
            #expect(TaskStatus(json: odd) == .unknown)
        }
        #expect(TaskStatus(name: "nothing") == nil)
        #expect(TaskStatus.queued < .running)
    }

    @Test("a log's text is base 64 on the wire, and plain text is read too")
    func logs() throws {
        let log = TaskLogDTO(
            id: "l", taskID: "t", createdAt: Timestamp(seconds: 1), updatedAt: Timestamp(seconds: 1), kind: .task,
            content: "hello")
        #expect(log.json["content"] == "aGVsbG8=")
        #expect(log.json["log_type"] == 4)
        #expect(try TaskLogDTO(json: ["content": "not base 64!"]).content == "not base 64!")
        #expect(try TaskLogDTO(json: ["content": nil, "log_type": 99]).content == "")
        #expect(try TaskLogDTO(json: ["log_type": 1]).kind == .run)
    }

    @Test("a request to run needs an app, by either name")
    func runRequests() throws {
        let request = RunRequest(
            app: "a/b", input: ["x": nil], setup: [1], function: "f", wait: true, webhook: "https://w", session: "new",
            runAt: Timestamp(seconds: 7))
        #expect(try RunRequest(json: request.json) == request)
        let plain = RunRequest(app: "a", input: .null)
        #expect(try RunRequest(json: plain.json) == plain)
        #expect(try RunRequest(json: ["app_id": "a", "unknown": 1]).app == "a")
        #expect(try RunRequest(json: ["app": "x", "app_id": "y"]).app == "x")
        for odd in [[:], ["app": nil], ["app": 1], ["app": "a", "wait": 1], ["app": "a", "run_at": "soon"], []]
            as [JSONValue]
        {
            #expect(throws: WireFormatError.self, "\(odd)") { try RunRequest(json: odd) }
        }
    }

    @Test("an app comes back as it was sent, and older forms are read")
    func apps() throws {
        let app = AppDTO(
            id: "i", createdAt: Timestamp(seconds: 1), updatedAt: Timestamp(seconds: 2), namespace: "ns", name: "x",
            description: "d", category: "image", versionID: "v", defaultFunction: "run",
            functions: [
                AppFunctionDTO(name: "run", description: "r", inputSchema: ["type": "object"], outputSchema: nil),
                AppFunctionDTO(name: "other", inputSchema: [:], outputSchema: [:]),
            ])
        #expect(try AppDTO(json: JSONValue(parsing: app.json.serialized())) == app)
        #expect(app.reference == "ns/x")
        #expect(app.function(named: nil)?.name == "run")
        #expect(app.function(named: "other")?.name == "other")
        #expect(app.function(named: "none") == nil)
        #expect(app.json["input_schema"] == ["type": "object"])
        let old = try AppDTO(
            json: ["id": "i", "version": ["id": "v9", "input_schema": ["type": "string"], "output_schema": true]])
        #expect(old.versionID == "v9")
        #expect(old.function(named: nil)?.inputSchema == ["type": "string"])
        #expect(old.function(named: nil)?.outputSchema == true)
        #expect(throws: WireFormatError.self) { try AppDTO(json: ["functions": ["run": 1]]) }
    }
}
