// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOHTTP1

@testable import FerryClient

let taskID = "zyxwvutsrqponmlkjihgfedcba"

func taskRecord(
    _ status: TaskStatus, output: JSONValue = .null, error: String? = nil, updated: Int64 = 0
) -> TaskDTO {
    TaskDTO(
        id: taskID, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: updated), status: status,
        output: output, error: error)
}

func lines(_ lines: [TaskStreamLine], staysOpen: Bool = false) -> StubReply {
    .chunks(lines.map(\.ndjson), headers: ["Content-Type": "application/x-ndjson"], staysOpen: staysOpen)
}

let started: JSONValue = ["data": ["id": .string(taskID), "status": 2, "output": nil], "messages": []]
